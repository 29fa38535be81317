import type { Context, Env } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { AppError, isAppError } from '../schema/http/errors.ts'
import { problemContentType, toProblem } from '../schema/http/problem.ts'
import type { Log } from './log.ts'

interface ProblemEnv extends Env {
  Variables: { requestId: string; log: Log }
}

/** Answers an error as problem+json. An unexpected one is logged, and shows none of its details. */
export function answerProblem<E extends ProblemEnv>(c: Context<E>, error: unknown): Response {
  const known = error instanceof HTTPException ? fromHono(error) : error
  const problem = toProblem(known, c.get('requestId'))
  if (problem.status >= 500) c.get('log').error({ err: error, code: problem.code }, 'request failed')
  const retryAfterS = isAppError(known) ? known.retryAfterS : undefined
  return c.body(JSON.stringify(problem), problem.status as 400, {
    'content-type': problemContentType,
    ...(problem.status === 429 || retryAfterS !== undefined ? { 'retry-after': `${retryAfterS ?? 60}` } : {}),
  })
}

/** Hono throws its own errors for a body that is not JSON, or too large. */
function fromHono(error: HTTPException): unknown {
  if (error.status === 415 || error.message === 'Unsupported Media Type') {
    return new AppError('unsupported_media_type', 'Send JSON, with the header "Content-Type: application/json".')
  }
  if (error.status === 413) return new AppError('payload_too_large', 'The request is too large.')
  if (error.status < 500) return new AppError('bad_request', error.message || 'The request cannot be read.')
  return error
}
