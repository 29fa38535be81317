import { truncateSync, writeFileSync } from 'node:fs'
import { strikes } from '../faults.ts'
import { appendBody, chunkUnitBytes, uploadPieces } from './body.ts'
import { type Call, type Storage, sendJson } from './call.ts'
import { badRequest, busy, StorageError } from './errors.ts'
import type { StoredObject } from './object.ts'
import type { Session } from './session.ts'
import { complete } from './upload.ts'

/** The Content-Range of a PUT to a session. */
interface Chunk {
  /** Offset of this request's body; undefined for a request without a body, which only asks for the state. */
  start: number | undefined
  /** The byte after its last one, when the sender knows. */
  end: number | undefined
  /** The size of the object, when the sender knows. */
  total: number | undefined
}

/**
 * PUT .../o?upload_id=ID: a piece of the body, or a question. Answers 308 with the received range, or the object. After a broken
 * connection the received whole units stay, and the client asks where to continue.
 */
export async function continueResumable(storage: Storage, call: Call): Promise<void> {
  const { sessions, faults } = storage
  await sessions.inTurn(call.query.get('upload_id') ?? '', call.email, async session => {
    const chunk = readChunk(call.request.headers)
    const isQuestion = chunk.start === undefined
    if (strikes(faults, isQuestion ? 'statusesToRefuse' : 'chunksToRefuse')) throw busy()
    if (!isQuestion && strikes(faults, 'sessionsToLose')) {
      sessions.cancel(session)
      throw new StorageError(410, 'gone', 'The upload session is gone.')
    }
    const object = session.result ?? (await goOn(storage, call, session, chunk))
    if (!isQuestion && strikes(faults, 'chunkAnswersToDrop')) call.request.destroy()
    else if (object) sendJson(call.response, object)
    else sendIncomplete(call, sessions.received(session))
  })
}

/** Stores the received part of a chunk. Returns the object when it is complete. */
async function goOn(storage: Storage, call: Call, session: Session, chunk: Chunk): Promise<StoredObject | undefined> {
  const { sessions } = storage
  const path = sessions.bodyPath(session)
  dropBrokenUnit(path, sessions.received(session))
  const isFinal = chunk.start === undefined ? false : await receive(storage, call, session, chunk)
  const received = sessions.received(session)
  if (!isFinal && received !== chunk.total) return undefined
  if (received === 0) writeFileSync(path, '')
  const object = await complete(storage, call, session, path)
  sessions.finish(session, object)
  return object
}

/** Cuts an interrupted upload back to whole chunk units, as Cloud Storage does. */
function dropBrokenUnit(path: string, received: number): void {
  const broken = received % chunkUnitBytes
  if (broken > 0) truncateSync(path, received - broken)
}

/** DELETE .../o?upload_id=ID: cancels the session. Cloud Storage answers 499. */
export async function cancelResumable({ sessions }: Storage, call: Call): Promise<void> {
  await sessions.inTurn(call.query.get('upload_id') ?? '', call.email, async session => {
    sessions.cancel(session)
    call.response.writeHead(499, { 'content-length': 0 }).end()
  })
}

/** Stores a chunk. True when the end of a body of unknown size shows that the object is complete. */
async function receive(storage: Storage, call: Call, session: Session, chunk: Chunk): Promise<boolean> {
  const { start = 0, end, total } = chunk
  // Another offset than ours: the answer names ours, and the sender continues from there.
  if (start !== storage.sessions.received(session)) return false
  if (end !== undefined && end !== total && (end - start) % chunkUnitBytes !== 0) {
    throw badRequest(`The size of a chunk must be a multiple of ${chunkUnitBytes} bytes, except for the last.`)
  }
  const path = storage.sessions.bodyPath(session)
  const breaksOff = strikes(storage.faults, 'chunksToBreak')
  const pieces = uploadPieces(call.request, storage.faults)
  await appendBody(path, breaksOff ? firstBytes(pieces, chunkUnitBytes) : pieces)
  if (breaksOff) throw busy()
  const received = storage.sessions.received(session)
  if (received > (end ?? total ?? Number.POSITIVE_INFINITY)) {
    truncateSync(path, start)
    throw badRequest('The body is longer than its Content-Range says.')
  }
  return end === undefined && total === undefined
}

async function* firstBytes(pieces: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer> {
  let left = most
  for await (const piece of pieces) {
    yield piece.subarray(0, left)
    left -= piece.length
    if (left <= 0) return
  }
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
