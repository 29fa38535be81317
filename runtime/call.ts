import type { z } from 'zod'
import type { HttpAnswer } from '../schema/http/answer.ts'
import { AppError, type ErrorCode, isAppError } from '../schema/http/errors.ts'
import { readJson } from '../schema/http/json.ts'
import { fromProblem } from '../schema/http/problem.ts'
import { deadline } from './deadline.ts'
import { sendRequest } from './request.ts'

export interface Call<T extends z.ZodType> {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Record<string, string>
  body?: unknown
  /** The schema of a 2xx answer. 204 is null, and so is 304 (only after If-None-Match in the headers). */
  answer: T
  timeoutMs: number
  /** Receives the headers of a successful answer. */
  onHeaders?: (headers: HttpAnswer['headers']) => void
  signal?: AbortSignal
  /** The code to throw when the service cannot be reached or its answer does not fit the schema. */
  unavailable: ErrorCode
  /**
   * True when we made the token: its refusal is our fault, so the error is `unavailable` and does not ask our caller to log in again.
   */
  isOwnToken?: boolean
}

/**
 * One JSON call to another of our services. Its problem+json is thrown as the same AppError. Without an answer in time, or with one
 * that does not fit the schema, `unavailable` is thrown; the call may still have worked, so it must be repeatable.
 */
export async function call<T extends z.ZodType>(request: Call<T>): Promise<z.infer<T>> {
  const limit = deadline(request.timeoutMs, request.signal)
  let response: HttpAnswer
  let body: unknown
  try {
    response = await sendRequest(request.url, {
      method: request.method ?? 'POST',
      headers: { 'content-type': 'application/json', ...request.headers },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
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

// The largest answers: a page of pictures, or an old profile from before their limit.
const answerMaxBytes = 8 * 1024 * 1024
const answerLimits = { maxDepth: 16, maxValues: 100_000 }

/** A service that was taken over must not end the one that asks it. An answer that is too large counts as none. */
async function readAnswer(response: HttpAnswer): Promise<unknown> {
  try {
    return await readJson(response, answerMaxBytes, answerLimits)
  } catch (cause) {
    throw new Error('the answer cannot be read', { cause })
  }
}

async function refusal(
  response: HttpAnswer,
  { url, unavailable, isOwnToken = false }: Call<z.ZodType>,
): Promise<AppError> {
  const error = await fromProblem(response, unavailable)
  if (!isOwnToken || !isAppError(error, 'unauthenticated', 'token_expired')) return error
  return new AppError(unavailable, `${new URL(url).origin} refused our token.`, { cause: error })
}
