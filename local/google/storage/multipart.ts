import { badRequest } from './errors.ts'

export interface MultipartUpload {
  /** The text of the first part: the object's metadata as JSON. */
  json: string
  /** The content type of the second part. */
  contentType: string | undefined
  /** The second part, as it arrives. */
  body: AsyncIterable<Buffer>
}

const headLimitBytes = 64 * 1024
const blankLine = '\r\n\r\n'

/**
 * Reads a multipart/related upload of exactly two parts as a stream: the head whole, the body piece by piece, holding
 * back only as many bytes as the closing boundary could take.
 */
export async function readMultipart(
  pieces: AsyncIterator<Buffer>,
  contentType: string | undefined,
): Promise<MultipartUpload> {
  const boundary = /^multipart\/related;.*boundary="?([^";]{1,70})/i.exec(contentType ?? '')?.[1]
  if (!boundary) throw badRequest('A multipart upload needs "Content-Type: multipart/related; boundary=...".')
  const separator = `\r\n--${boundary}\r\n`

  let head = Buffer.from('\r\n')
  for (;;) {
    const next = await pieces.next()
    if (next.done) throw badRequest('The multipart body ends early.')
    head = Buffer.concat([head, next.value])
    const firstPart = head.indexOf(separator)
    const firstHead = head.indexOf(blankLine, firstPart + separator.length)
    const secondPart = head.indexOf(separator, firstHead + blankLine.length)
    const secondHead = head.indexOf(blankLine, secondPart + separator.length)
    if (firstPart >= 0 && firstHead >= 0 && secondPart >= 0 && secondHead >= 0) {
      const headers = head.subarray(secondPart, secondHead).toString('latin1')
      return {
        json: head.subarray(firstHead + blankLine.length, secondPart).toString(),
        contentType: /^content-type:[ \t]*(.+?)[ \t]*$/im.exec(headers)?.[1],
        body: withoutEnd(head.subarray(secondHead + blankLine.length), pieces, `\r\n--${boundary}--`),
      }
    }
    if (head.length > headLimitBytes + next.value.length) throw badRequest('The metadata part is too large.')
  }
}

async function* withoutEnd(start: Buffer, pieces: AsyncIterator<Buffer>, end: string): AsyncGenerator<Buffer> {
  // The closing boundary may be followed by a line end.
  const keep = end.length + 2
  let held = start
  for (;;) {
    const next = await pieces.next()
    if (next.done) break
    const known = Buffer.concat([held, next.value])
    const free = Math.max(0, known.length - keep)
    if (free > 0) yield known.subarray(0, free)
    held = known.subarray(free)
  }
  const at = held.lastIndexOf(end)
  if (at < 0) throw badRequest('The multipart body ends without its boundary.')
  if (at > 0) yield held.subarray(0, at)
}
