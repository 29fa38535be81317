import { Readable } from 'node:stream'
import type { ReadableStream, ReadableStreamDefaultReader } from 'node:stream/web'
import { isTemporary, type SendToStorage } from './rest.ts'
import { retryTiming, startPatience } from './retry.ts'

/** Cloud Storage refused to send an object. */
export class DownloadError extends Error {
  /** The HTTP status: 404 when there is no such object. */
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.name = 'DownloadError'
    this.code = code
  }
}

export interface DownloadOptions {
  /** Both included. */
  range?: { start: number; end: number } | undefined
  /** The longest silence of the storage while the reader is waiting. */
  stallMs?: number
}

const patienceMs = 10_000

/**
 * Streams an object, or a range of it. The stream always ends: it fails when the connection breaks or is silent, and when the
 * storage refuses (DownloadError). Temporary errors before the first byte are retried. Destroying the stream aborts its request.
 * Not Google's client, whose stream neither ends nor fails when its connection breaks.
 */
export function downloadObject(
  send: SendToStorage,
  { bucket, name }: { bucket: string; name: string },
  { range, stallMs = 20_000 }: DownloadOptions = {},
): Readable {
  const path = `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}?alt=media`
  const headers = {
    // The stored bytes, without compression.
    'accept-encoding': 'identity',
    'cache-control': 'no-store',
    ...(range ? { range: `bytes=${range.start}-${range.end}` } : {}),
  }
  const closed = new AbortController()
  let pieces: ReadableStreamDefaultReader | undefined
  const stream = new Readable({
    read() {
      nextPiece().then(
        piece => stream.push(piece),
        error => stream.destroy(error),
      )
    },
    destroy(error, done) {
      closed.abort()
      done(error)
    },
  })
  return stream

  /** Null at the end. A time limit for each: while nobody reads, the storage may be silent. */
  async function nextPiece(): Promise<Uint8Array | null> {
    const fail = () => stream.destroy(new Error(`the storage sent nothing for ${stallMs / 1000} s`))
    const timer = setTimeout(fail, stallMs)
    try {
      pieces ??= (await open()).getReader()
      const { done, value } = await pieces.read()
      return done ? null : value
    } finally {
      clearTimeout(timer)
    }
  }

  async function open(): Promise<ReadableStream> {
    const patience = startPatience({ ...retryTiming, patienceMs }, closed.signal)
    for (;;) {
      const answer = await request()
      if (!(answer instanceof Error)) return answer
      await patience.pause(answer)
    }
  }

  /** The body, or a temporary error. Throws permanent errors. */
  async function request(): Promise<ReadableStream | Error> {
    let response: Response
    try {
      response = await send({ method: 'GET', path, headers, signal: closed.signal })
    } catch (error) {
      closed.signal.throwIfAborted()
      return error as Error
    }
    if (response.ok && response.body) return response.body as ReadableStream
    const refused = new DownloadError(response.status, (await response.text()).slice(0, 300))
    if (isTemporary(response.status)) return refused
    throw refused
  }
}
