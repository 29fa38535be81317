import { createHash } from 'node:crypto'
import { AppError } from '../../schema/http/errors.ts'
import { cutIntoPieces, type Piece } from './pieces.ts'
import { type SendToStorage, unlessAborted } from './rest.ts'
import { type RetryTiming, retryTiming, startPatience } from './retry.ts'
import { type Expected, openSession, type Session, type SessionAnswer, type Target } from './session.ts'

export interface UploadOptions {
  /** The size of one request and of the upload's buffer: a multiple of 256 KiB. */
  pieceBytes: number
  signal?: AbortSignal | undefined
  timing?: RetryTiming
}

/**
 * Uploads a stream as a new object, in a resumable session. Temporary errors (a busy storage, lost answers, broken connections) are
 * retried: after each, the storage is asked how many bytes it has. Fails after `timing.patienceMs` without progress, plus one
 * request, and then removes the incomplete object.
 * Errors: unavailable, the source's errors, the signal's reason.
 */
export async function uploadObject(
  send: SendToStorage,
  target: Target,
  source: AsyncIterable<Uint8Array>,
  { pieceBytes, signal, timing = retryTiming }: UploadOptions,
): Promise<void> {
  const session = openSession(send, target, { requestMs: timing.requestMs, signal })
  const pieces = cutIntoPieces(source, pieceBytes)
  const digest = createHash('md5')
  let start = 0
  try {
    for (;;) {
      const { value: piece } = await unlessAborted(pieces.next(), signal)
      if (!piece) throw new Error('the stream of pieces ended without its last')
      digest.update(piece.bytes)
      const end = start + piece.bytes.length
      const expected = piece.isLast ? { size: end, md5: digest.digest('base64') } : undefined
      await storePiece(session, { ...piece, start, end, expected }, timing, signal)
      if (expected) return
      start = end
    }
  } catch (error) {
    await discard(session, timing)
    throw error
  } finally {
    // Not awaited: a source that is stuck would never return.
    pieces.return(undefined).catch(() => {})
  }
}

interface PlacedPiece extends Piece {
  start: number
  end: number
  /** For the last piece: the size and hash of the whole object. */
  expected: Expected | undefined
}

/** Sends one piece until the storage has all of it, or, for the last piece, until the object exists. */
async function storePiece(
  session: Session,
  { bytes, start, end, expected }: PlacedPiece,
  timing: RetryTiming,
  signal: AbortSignal | undefined,
): Promise<void> {
  const patience = startPatience(timing, signal)
  let received = start
  let furthest = start
  let next: 'put' | 'ask' | 'find' = 'put'
  for (;;) {
    const answer: SessionAnswer =
      next === 'put'
        ? await session.put(bytes.subarray(received - start), received, expected)
        : next === 'ask'
          ? await session.ask(expected?.size)
          : await session.findObject()
    if (answer.kind === 'stored') {
      if (answer.object.size === expected?.size && answer.object.md5Hash === expected.md5) return
      throw failure(`stored an object of ${answer.object.size} bytes that differs from the upload`)
    }
    if (answer.kind === 'incomplete') {
      if (answer.received < start || answer.received > end)
        throw failure(`reports ${answer.received} bytes where ${received} were sent`)
      received = answer.received
      if (received === end && !expected) return
      if (received > furthest) patience.renew()
      else if (next === 'put') await patience.pause(failure('accepts no bytes'))
      furthest = Math.max(furthest, received)
      next = 'put'
      continue
    }
    const reason = failure(answer.reason)
    if (answer.kind === 'temporary') {
      await patience.pause(reason)
      // The session may have received the piece: ask it. If it could not be opened, or after another request, repeat that.
      next = next === 'put' && session.isOpen() ? 'ask' : next
    } else if (next !== 'find' && expected && answer.kind !== 'refused') {
      // The session may have ended because the object is complete.
      next = 'find'
    } else if (answer.kind === 'gone' && start === 0) {
      // We still hold all bytes that were sent: start again.
      await patience.pause(reason)
      session.forget()
      received = 0
      next = 'put'
    } else {
      throw reason
    }
  }
}

/** Removes the rest of a failed upload. If the storage cannot be reached, the caller has to remove it later. */
async function discard(session: Session, timing: RetryTiming): Promise<void> {
  const patience = startPatience({ ...timing, patienceMs: timing.patienceMs / 6 })
  while (!(await session.discard())) {
    const isOver = await patience.pause('over').then(
      () => false,
      () => true,
    )
    if (isOver) return
  }
}

function failure(reason: string): AppError {
  return new AppError('unavailable', 'The upload to the storage failed. Try again later.', {
    cause: new Error(`Cloud Storage ${reason}`),
  })
}
