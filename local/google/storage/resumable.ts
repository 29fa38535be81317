import { truncateSync, writeFileSync } from 'node:fs'
import { appendBody, uploadPieces } from './body.ts'
import { type Call, type Storage, sendJson } from './call.ts'
import { badRequest } from './errors.ts'
import type { Session } from './session.ts'
import { complete } from './upload.ts'

const chunkUnitBytes = 256 * 1024

/** What a PUT to a session says by its Content-Range. */
interface Chunk {
  /** Where the body of this request begins; undefined when it has none and only asks how far we are. */
  start: number | undefined
  /** The byte after its last one, when the sender knows. */
  end: number | undefined
  /** The size of the object, when the sender knows. */
  total: number | undefined
}

/**
 * PUT .../o?upload_id=ID: a piece of the body, or a question. Answers 308 with the range that is here, or the object.
 * After a broken connection what has arrived stays, and the client asks where to go on.
 */
export async function continueResumable(storage: Storage, call: Call): Promise<void> {
  const { sessions } = storage
  await sessions.inTurn(call.query.get('upload_id') ?? '', call.email, async session => {
    if (session.result) return sendJson(call.response, session.result)
    const chunk = readChunk(call.request.headers)
    const isFinal = chunk.start === undefined ? false : await receive(storage, call, session, chunk)
    const received = sessions.received(session)
    if (!isFinal && received !== chunk.total) return sendIncomplete(call, received)
    if (received === 0) writeFileSync(sessions.bodyPath(session), '')
    const object = await complete(storage, call, session, sessions.bodyPath(session))
    sessions.finish(session, object)
    sendJson(call.response, object)
  })
}

/** DELETE .../o?upload_id=ID: gives the session up. 499 is what Cloud Storage answers. */
export async function cancelResumable({ sessions }: Storage, call: Call): Promise<void> {
  await sessions.inTurn(call.query.get('upload_id') ?? '', call.email, async session => {
    sessions.cancel(session)
    call.response.writeHead(499, { 'content-length': 0 }).end()
  })
}

/** Takes a chunk in. True when the sender said, by ending a body of unknown size, that the object is complete. */
async function receive(storage: Storage, call: Call, session: Session, chunk: Chunk): Promise<boolean> {
  const { start = 0, end, total } = chunk
  // Not where we are: the sender is told the place and sends again from there.
  if (start !== storage.sessions.received(session)) return false
  if (end !== undefined && end !== total && (end - start) % chunkUnitBytes !== 0) {
    throw badRequest(`The size of a chunk must be a multiple of ${chunkUnitBytes} bytes, except for the last.`)
  }
  const path = storage.sessions.bodyPath(session)
  await appendBody(path, uploadPieces(call.request, storage.faults))
  const received = storage.sessions.received(session)
  if (received > (end ?? total ?? Number.POSITIVE_INFINITY)) {
    truncateSync(path, start)
    throw badRequest('The body is longer than its Content-Range says.')
  }
  return end === undefined && total === undefined
}

function readChunk(headers: Call['request']['headers']): Chunk {
  const text = headers['content-range']
  if (text === undefined) return { start: 0, end: undefined, total: undefined }
  const range = /^bytes (?:(\d{1,15})-(\d{1,15}|\*)|\*)\/(\d{1,15}|\*)$/.exec(text)
  if (!range) throw badRequest('Failed to parse Content-Range header.')
  const [, first, last, size] = range
  const number = (digits: string | undefined) => (digits === undefined || digits === '*' ? undefined : Number(digits))
  const lastByte = number(last)
  const chunk = { start: number(first), end: lastByte === undefined ? undefined : lastByte + 1, total: number(size) }
  if (chunk.end !== undefined && chunk.total !== undefined && chunk.end > chunk.total) {
    throw badRequest('Failed to parse Content-Range header.')
  }
  return chunk
}

function sendIncomplete({ response }: Call, received: number): void {
  const range = received > 0 ? { range: `bytes=0-${received - 1}` } : {}
  response.writeHead(308, { ...range, 'content-length': 0 }).end()
}
