/** A refusal, or a call that got no answer. The page shows the words of its code, else `message`. */
export class CallError extends Error {
  /** A code of schema/http/errors.ts, or `no_answer` when the printer's host could not be reached. */
  readonly code: string
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number
  /** How long to wait before the next try; null when nobody has said. */
  readonly retryAfterS: number | null

  constructor(code: string, message: string, status: number, retryAfterS: number | null = null) {
    super(message)
    this.name = 'CallError'
    this.code = code
    this.status = status
    this.retryAfterS = retryAfterS
  }
}

/** Anything that was thrown, as an error that the page shows. */
export function asCallError(thrown: unknown): CallError {
  return thrown instanceof CallError ? thrown : new CallError('internal', String(thrown), 0)
}

/** True while it is unknown whether the call had its effect, so that it may be sent again with the same key. */
export function isUndecided(error: unknown): boolean {
  return (
    error instanceof CallError && (error.status === 0 || error.status >= 500 || error.code === 'request_in_progress')
  )
}

export async function problemOf(response: Response): Promise<CallError> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>
  const { code, detail, title } = body
  const message = [detail, title].find(text => typeof text === 'string') as string | undefined
  const fallback = response.status >= 500 ? 'no_answer' : 'internal'
  const retryAfterS = Number(response.headers.get('retry-after')) || null
  // nginx answers 502 in its own words while the edge restarts: that is no answer of ours.
  return new CallError(
    typeof code === 'string' ? code : fallback,
    message ?? `The printer's host answered ${response.status}.`,
    response.status,
    retryAfterS,
  )
}
