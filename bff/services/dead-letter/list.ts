import { and, asc, isNotNull, isNull } from 'drizzle-orm'
import { deadLetters, outbox } from '../../../schema/db/bff/index.ts'
import { type Context, requireOperator } from '../../context.ts'

export interface ListedLetter {
  id: string
  direction: 'incoming' | 'outgoing'
  /** The topic of a received message, or the channel of an undelivered one. */
  topic: string
  deadAt: Date
  error: string
}

/** For operators: the messages that were given up, oldest first. */
export async function listDeadLetters(ctx: Context): Promise<ListedLetter[]> {
  requireOperator(ctx)
  const outgoing = await ctx.db
    .select({ id: outbox.eventId, topic: outbox.channel, deadAt: outbox.deadAt, error: outbox.lastError })
    .from(outbox)
    .where(and(isNotNull(outbox.deadAt), isNull(outbox.deliveredAt)))
    .orderBy(asc(outbox.deadAt))
  const incoming = await ctx.db
    .select({
      id: deadLetters.letterId,
      topic: deadLetters.topic,
      deadAt: deadLetters.deadAt,
      error: deadLetters.error,
    })
    .from(deadLetters)
    .where(and(isNotNull(deadLetters.deadAt), isNull(deadLetters.takenAt)))
    .orderBy(asc(deadLetters.deadAt))
  return [
    ...outgoing.map(row => ({ ...row, direction: 'outgoing' as const })),
    ...incoming.map(row => ({ ...row, direction: 'incoming' as const })),
  ]
    .map(row => ({ ...row, deadAt: row.deadAt!, error: row.error ?? '' }))
    .sort((a, b) => a.deadAt.getTime() - b.deadAt.getTime())
}
