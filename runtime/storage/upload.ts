import { createHash } from 'node:crypto'
import { AppError } from '../../schema/http/errors.ts'
import { cutIntoPieces, type Piece } from './pieces.ts'
import { type SendToStorage, unlessAborted } from './rest.ts'
import { type RetryTiming, retryTiming, startPatience } from './retry.ts'
import { type Expected, openSession, type Session, type SessionAnswer, type Target } from './session.ts'

export interface UploadOptions {
  /** What one request carries, and what an upload holds in memory: a multiple of 256 KiB. */
  pieceBytes: number
  signal?: AbortSignal | undefined
  timing?: RetryTiming
}

/**
 * Uploads a stream as an object of a name that is used once, by a resumable session. What passes (a busy storage, lost answers,
 * broken connections) is waited out: after each failure the storage is asked how much it has. Fails within `timing.patienceMs`
 * plus one request after the storage last took something, and removes what there is of the object.
 * Errors: unavailable, what the source throws, the signal's reason.
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
    // Not awaited: a source that stands still never ends, and nobody waits for it any more.
    pieces.return(undefined).catch(() => {})
  }
}

interface PlacedPiece extends Piece {
  start: number
  end: number
  /** Of the last piece: what the object must be. */
  expected: Expected | undefined
}

/** Sends one piece until the storage has all of it; the last, until it has the object. */
async function storePiece(
  session: Session,
  { bytes, start, end, expected }: PlacedPiece,
  timing: RetryTiming,
  signal: AbortSignal | undefined,
): Promise<void> {
  const patience = startPatience(timing, signal)
  let received = start
  let furthest = start
  let next: 'put' | 'ask' | 'look' = 'put'
  for (;;) {
    const answer: SessionAnswer =
      next === 'put'
        ? await session.put(bytes.subarray(received - start), received, expected)
        : next === 'ask'
          ? await session.ask(expected?.size)
          : await session.look()
    if (answer.kind === 'stored') {
      if (answer.object.size === expected?.size && answer.object.md5Hash === expected.md5) return
      throw trouble(`the object of ${answer.object.size} bytes is not what was sent`)
    }
    if (answer.kind === 'incomplete') {
      if (answer.received < start || answer.received > end)
        throw trouble(`it has ${answer.received} bytes at ${received}`)
      received = answer.received
      if (received === end && !expected) return
      if (received > furthest) patience.renew()
      else if (next === 'put') await patience.pause(trouble('it takes nothing'))
      furthest = Math.max(furthest, received)
      next = 'put'
      continue
    }
    const reason = trouble(answer.reason)
    if (answer.kind === 'passing') {
      await patience.pause(reason)
      // An upload that was not begun is begun; one that was is asked after; a look is taken again.
      next = next === 'put' && session.isBegun() ? 'ask' : next
    } else if (next !== 'look' && expected && answer.kind !== 'refused') {
      // The session may be over because the object is made.
      next = 'look'
    } else if (answer.kind === 'gone' && start === 0) {
      // All that was sent is still here.
      await patience.pause(reason)
      session.forget()
      received = 0
      next = 'put'
    } else {
      throw reason
    }
  }
}

/** Removes what a failed upload left. Where the storage cannot be reached that is left to whoever asked for the upload. */
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

function trouble(reason: string): AppError {
  return new AppError('unavailable', 'The storage did not take the upload. Try again later.', {
    cause: new Error(`Cloud Storage ${reason}`),
  })
}
