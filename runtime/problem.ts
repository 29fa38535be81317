import type { Context, Env } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { z } from 'zod'
import { AppError, isAppError } from '../schema/http/errors.ts'
import { problemContentType, toProblem } from '../schema/http/problem.ts'
import type { Log } from './log.ts'

/** The variables of every request. */
export interface ShellEnv extends Env {
  Variables: { requestId: string; log: Log }
}

/** Answers an error as problem+json. An unexpected one is logged, and shows none of its details. */
export function answerProblem<E extends ShellEnv>(c: Context<E>, error: unknown): Response {
  const known = error instanceof HTTPException ? fromHono(error) : error
  const problem = toProblem(known, c.get('requestId'))
  if (problem.status >= 500) c.get('log').error({ err: error, code: problem.code }, 'request failed')
  const retryAfterS = isAppError(known) ? known.retryAfterS : undefined
  return c.body(JSON.stringify(problem), problem.status as 400, {
    'content-type': problemContentType,
    ...(problem.status === 429 || retryAfterS !== undefined ? { 'retry-after': `${retryAfterS ?? 60}` } : {}),
  })
}

const mostErrors = 20

/** One error for invalid input, which lists at most 20 wrong fields by path. */
export function invalidInput({ issues }: z.ZodError): AppError {
  const errors = issues.slice(0, mostErrors).map(issue => ({
    path: shorten(issue.path.join('.')),
    message: shorten(issue.message),
  }))
  const first = errors[0]
  const detail = first?.path ? `${first.path}: ${first.message}` : (first?.message ?? 'The input is not valid.')
  return new AppError('invalid_input', detail, { details: { errors } })
}

/** A path contains keys of the body, which may be very long. */
export function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}...` : text
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
