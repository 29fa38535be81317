import { z } from 'zod'
import { isAppError } from '../http/errors.ts'
import { parseJson } from '../http/json.ts'

/** The body of a Pub/Sub push request. `data` is base64 of our JSON; a message need not have any. */
export const pushEnvelope = z.object({
  message: z.object({
    data: z.base64().max(14_000_000).default(''),
    messageId: z.string().min(1).max(100),
    attributes: z.record(z.string(), z.string()).default({}),
    publishTime: z.string().optional(),
  }),
  subscription: z.string().max(300),
  deliveryAttempt: z.int().optional(),
})

export interface Pushed {
  messageId: string
  attributes: Record<string, string>
  /** The published bytes, base64. */
  data: Buffer
}

/** A message that can never be read: not a message, not JSON, or against its schema. */
export class UnreadableMessage extends Error {}

/** Extracts the message from a push request's body. Throws UnreadableMessage. */
export function openPush(body: Buffer): Pushed {
  const parsed = pushEnvelope.safeParse(readJson(body))
  if (!parsed.success) throw new UnreadableMessage(`not a push request: ${z.prettifyError(parsed.error)}`)
  const { messageId, attributes, data } = parsed.data.message
  return { messageId, attributes, data: Buffer.from(data, 'base64') }
}

/** Parses one of our messages. Throws UnreadableMessage. */
export function readMessage<T extends z.ZodType>(schema: T, data: Buffer): z.infer<T> {
  const value = readJson(data)
  if (hasUnstorable(value)) throw new UnreadableMessage('contains an invalid character (NUL or a lone surrogate)')
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new UnreadableMessage(z.prettifyError(parsed.error))
  return parsed.data
}

/** JSON that is deeper or has more values than our messages is unreadable, too. */
function readJson(data: Buffer): unknown {
  try {
    return parseJson(data.toString('utf8'))
  } catch (error) {
    throw new UnreadableMessage(isAppError(error, 'invalid_input') ? error.message : 'not JSON', { cause: error })
  }
}

/** JSON can contain NUL and lone surrogates, which a UTF-8 database cannot store. */
function hasUnstorable(value: unknown): boolean {
  if (typeof value === 'string') return /\0|\p{Surrogate}/u.test(value)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, inner]) => hasUnstorable(key) || hasUnstorable(inner))
}
