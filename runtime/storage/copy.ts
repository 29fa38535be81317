import { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'
import { isTemporary, type SendToStorage, within } from './rest.ts'
import { type RetryTiming, retryTiming, startPatience } from './retry.ts'

interface Place {
  bucket: string
  name: string
}

const rewriteAnswer = z.object({ done: z.boolean(), rewriteToken: z.string().optional() })

/**
 * Copies an object within the storage, without its bytes coming here. Repeated, it writes the same object again.
 * Errors: unavailable, also when there is no such object; the signal's reason.
 */
export async function copyObject(
  send: SendToStorage,
  from: Place,
  to: Place,
  { signal, timing = retryTiming }: { signal?: AbortSignal; timing?: RetryTiming } = {},
): Promise<void> {
  const patience = startPatience(timing, signal)
  const path = `${pathOf(from)}/rewriteTo${pathOf(to).slice('/storage/v1'.length)}`
  let token: string | undefined
  for (;;) {
    const query = token === undefined ? '' : `?rewriteToken=${encodeURIComponent(token)}`
    const answer = await rewrite(path + query)
    if (answer instanceof Error) {
      await patience.pause(answer)
      continue
    }
    if (answer.done) return
    // Large objects are copied in several calls.
    if (answer.rewriteToken !== token) patience.renew()
    token = answer.rewriteToken
  }

  /** One call's answer, or a temporary error. Throws permanent errors. */
  async function rewrite(path: string): Promise<z.infer<typeof rewriteAnswer> | AppError> {
    try {
      return await within(timing.requestMs, signal, async limit => {
        const response = await send({ method: 'POST', path, signal: limit })
        const text = await response.text()
        if (response.ok) return rewriteAnswer.parse(JSON.parse(text))
        const failed = failure(new Error(`Cloud Storage answered ${response.status}: ${text.slice(0, 300)}`))
        if (isTemporary(response.status)) return failed
        throw failed
      })
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof AppError) throw error
      return failure(error)
    }
  }
}

function pathOf({ bucket, name }: Place): string {
  return `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}`
}

function failure(cause: unknown): AppError {
  return new AppError('unavailable', 'An object could not be copied in the storage. Try again later.', { cause })
}
