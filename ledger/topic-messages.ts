import { z } from 'zod'
import { entityId } from './ids.ts'
import type { Mirror } from './mirror.ts'

export interface StoredMessage {
  sequence: number
  consensusTimestamp: string
  message: Buffer
  payer: string
}

export interface MessageRange {
  /** Only messages with a greater sequence number. */
  after?: number
  /** At most 100, the default. */
  limit?: number
}

const maxLimit = 100
const answerSchema = z.object({
  messages: z
    .array(
      z.object({
        sequence_number: z.int(),
        consensus_timestamp: z.string(),
        message: z.base64(),
        payer_account_id: entityId,
      }),
    )
    .max(maxLimit),
})

/** A topic's messages in order, from the mirror; empty for a topic that the mirror does not know. Errors: ledger_unavailable. */
export async function topicMessages(
  mirror: Mirror,
  topicId: string,
  { after = 0, limit = maxLimit }: MessageRange = {},
): Promise<StoredMessage[]> {
  const query = `limit=${Math.min(limit, maxLimit)}&order=asc&sequencenumber=gt:${after}`
  const answer = await mirror.get(`/topics/${entityId.parse(topicId)}/messages?${query}`, answerSchema)
  return (answer?.messages ?? []).map(message => ({
    sequence: message.sequence_number,
    consensusTimestamp: message.consensus_timestamp,
    message: Buffer.from(message.message, 'base64'),
    payer: message.payer_account_id,
  }))
}
