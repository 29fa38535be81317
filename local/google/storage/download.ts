import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { strikes } from '../faults.ts'
import type { Call, Storage } from './call.ts'
import { noSuchObject, StorageError } from './errors.ts'

/** GET .../o/OBJECT?alt=media: the body, or the one range of it that is asked for. */
export async function download({ store, faults }: Storage, call: Call): Promise<void> {
  const { response, bucket, object: name } = call
  const object = store.get(bucket, name, call.query.get('generation'))
  const size = Number(object.size)
  const range = readRange(call.request.headers.range, size)
  // Opened before the first byte is promised: a generation that is removed meanwhile is still read to its end.
  const file = await open(store.bodyPath(object), 'r').catch(() => {
    throw noSuchObject(bucket, name)
  })
  try {
    const { start, end } = range ?? { start: 0, end: size }
    response.writeHead(range ? 206 : 200, {
      'content-type': object.contentType ?? 'application/octet-stream',
      'content-length': end - start,
      ...(range ? { 'content-range': `bytes ${start}-${end - 1}/${size}` } : {}),
      ...(object.cacheControl ? { 'cache-control': object.cacheControl } : {}),
      ...(object.contentDisposition ? { 'content-disposition': object.contentDisposition } : {}),
      'accept-ranges': 'bytes',
      etag: object.etag,
      'last-modified': new Date(object.updated).toUTCString(),
      'x-goog-generation': object.generation,
      'x-goog-metageneration': object.metageneration,
      'x-goog-hash': `crc32c=${object.crc32c},md5=${object.md5Hash}`,
      'x-goog-stored-content-length': object.size,
      'x-goog-stored-content-encoding': 'identity',
    })
    const isCut = end - start > 1 && strikes(faults, 'downloadsToCut')
    const stop = isCut ? start + Math.floor((end - start) / 2) : end
    if (stop === start) {
      response.end()
      return
    }
    const bytes = file.createReadStream({ start, end: stop - 1, highWaterMark: 256 * 1024, autoClose: false })
    await pipeline(bytes, response, { end: !isCut })
    if (isCut) response.destroy()
  } finally {
    await file.close()
  }
}

/** Reads "bytes=a-b", "bytes=a-" or "bytes=-n" as [start, end); undefined when the whole is asked for. */
function readRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, first, last] = match as unknown as [string, string, string]
  if (first === '') return satisfiable({ start: Math.max(0, size - Number(last)), end: size }, size)
  if (last !== '' && Number(last) < Number(first)) return undefined
  return satisfiable({ start: Number(first), end: last === '' ? size : Math.min(size, Number(last) + 1) }, size)
}

function satisfiable(range: { start: number; end: number }, size: number): { start: number; end: number } {
  if (range.start >= size) {
    throw new StorageError(416, 'requestedRangeNotSatisfiable', `The object has only ${size} bytes.`)
  }
  return range
}
