import { z } from 'zod'

/** A Pub/Sub message that a service without a database cannot read, for the marketplace to keep. */
export const deadLetterRequest = z.object({
  topic: z.literal('slicing-jobs'),
  message_id: z.string().min(1).max(100).nullable(),
  /** What was published, base64. */
  body: z.base64().max(1_000_000),
  error: z.string().max(500),
})
export type DeadLetterRequest = z.infer<typeof deadLetterRequest>
