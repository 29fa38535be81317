import { z } from 'zod'

/** The body of a Pub/Sub push request. `data` is base64 of our JSON. */
export const pushEnvelope = z.object({
  message: z.object({
    data: z.base64().max(14_000_000),
    messageId: z.string().max(100),
    attributes: z.record(z.string(), z.string()).optional(),
    publishTime: z.string().optional(),
  }),
  subscription: z.string().max(300),
  deliveryAttempt: z.int().optional(),
})

/** Takes our message out of a push request's body. Throws a ZodError when it is not of the schema. */
export function openPush<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const { message } = pushEnvelope.parse(body)
  return schema.parse(JSON.parse(Buffer.from(message.data, 'base64').toString('utf8')))
}
