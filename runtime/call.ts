import type { z } from 'zod'
import { AppError, type ErrorCode, isAppError } from '../schema/http/errors.ts'
import { readJson } from '../schema/http/json.ts'
import { fromProblem } from '../schema/http/problem.ts'
import { deadline } from './deadline.ts'

export interface Call<T extends z.ZodType> {
  method?: 'GET' | 'POST' | 'DELETE'
  url: string
  headers?: Record<string, string>
  body?: unknown
  /** What a 2xx answer must look like; 204 is null, as is 304, which only an If-None-Match among the headers can bring. */
  answer: T
  timeoutMs: number
  /** Told the headers of an answer that is no refusal. */
  onHeaders?: (headers: Headers) => void
  signal?: AbortSignal
  /** The code to throw when the service cannot be reached, or answers nonsense. */
  unavailable: ErrorCode
  /**
   * The token is our own, or one that we made: that it is not taken is our trouble, and no reason for whoever asked us to log in
   * again. It counts as `unavailable`.
   */
  isOwnToken?: boolean
}

/**
 * One JSON call to another service of ours. Its problem+json comes back as the AppError that it was; no answer, a late one
 * or one of another shape throws `unavailable` (the call may still have worked: callers make it repeatable).
 */
export async function call<T extends z.ZodType>(request: Call<T>): Promise<z.infer<T>> {
  const limit = deadline(request.timeoutMs, request.signal)
  let response: Response
  let body: unknown
  try {
    response = await fetch(request.url, {
      method: request.method ?? 'POST',
      headers: { 'content-type': 'application/json', ...request.headers },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      redirect: 'error',
      signal: limit.signal,
    })
    const isEmpty = response.status === 204 || response.status === 304
    if (!response.ok && !isEmpty) throw await refusal(response, request)
    request.onHeaders?.(response.headers)
    body = isEmpty ? null : await readAnswer(response)
  } catch (error) {
    if (error instanceof AppError) throw error
    request.signal?.throwIfAborted()
    throw new AppError(request.unavailable, `${new URL(request.url).origin} did not answer.`, { cause: error })
  } finally {
    limit.clear()
  }
  const parsed = request.answer.safeParse(body)
  if (!parsed.success) {
    throw new AppError(request.unavailable, `${new URL(request.url).origin} gave an answer of another shape.`, {
      cause: parsed.error,
    })
  }
  return parsed.data
}

// The largest is a page of pictures, or one profile of before they were bounded.
const answerMaxBytes = 8 * 1024 * 1024
const answerLimits = { maxDepth: 16, maxValues: 100_000 }

/** A service that was taken over must not end the one that asks it. An answer that is too large counts as none. */
async function readAnswer(response: Response): Promise<unknown> {
  try {
    return await readJson(response, answerMaxBytes, answerLimits)
  } catch (cause) {
    throw new Error('the answer cannot be read', { cause })
  }
}

async function refusal(
  response: Response,
  { url, unavailable, isOwnToken = false }: Call<z.ZodType>,
): Promise<AppError> {
  const error = await fromProblem(response, unavailable)
  if (!isOwnToken || !isAppError(error, 'unauthenticated', 'token_expired')) return error
  return new AppError(unavailable, `${new URL(url).origin} does not take our token.`, { cause: error })
}
