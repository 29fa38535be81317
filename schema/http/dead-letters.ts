import { z } from 'zod'

/** A Pub/Sub message that a service without a database cannot read. The marketplace stores it. */
export const deadLetterRequest = z.object({
  topic: z.literal('slicing-jobs'),
  message_id: z.string().min(1).max(100).nullable(),
  /** The published bytes, base64. */
  body: z.base64().max(1_000_000),
  error: z.string().max(500),
})
export type DeadLetterRequest = z.infer<typeof deadLetterRequest>
