import { z } from 'zod'
import type { HttpAnswer } from './answer.ts'
import { AppError, type ErrorCode, isErrorCode } from './errors.ts'
import { readJson } from './json.ts'

/** RFC 9457, plus our stable `code` and the `request_id` to search the logs for. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  code: z.string(),
  request_id: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})
export type Problem = z.infer<typeof problemSchema>

export const problemContentType = 'application/problem+json'

/** Makes the body of an error answer. An error that is not an AppError becomes `internal`, without any of its details. */
export function toProblem(error: unknown, requestId: string): Problem {
  const known =
    error instanceof AppError ? error : new AppError('internal', 'Something went wrong on our side. Try again later.')
  return {
    type: `urn:lmnt:error:${known.code}`,
    title: title(known.code),
    status: known.status,
    detail: known.message,
    code: known.code,
    request_id: requestId,
    ...known.details,
  }
}

const problemMaxBytes = 64 * 1024

/** Converts another service's error answer to an AppError, with its code if it is one of ours. */
export async function fromProblem(response: HttpAnswer, fallback: ErrorCode): Promise<AppError> {
  const body = await readJson(response, problemMaxBytes).catch(() => null)
  const parsed = problemSchema.safeParse(body)
  if (!parsed.success || !isErrorCode(parsed.data.code)) {
    return new AppError(fallback, `The service answered ${response.status}.`)
  }
  const retryAfterS = Number.parseInt(response.headers.get('retry-after') ?? '', 10)
  const options = retryAfterS > 0 ? { retryAfterS } : {}
  return new AppError(parsed.data.code, parsed.data.detail ?? parsed.data.title, options)
}

function title(code: ErrorCode): string {
  const words = code.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
