import { createHash } from 'node:crypto'
import { and, eq, isNull, sql } from 'drizzle-orm'
import { deadLetters } from '../../../schema/db/bff/index.ts'
import type { Context } from '../../context.ts'

export type DeadLetter = typeof deadLetters.$inferSelect
export type Topic = DeadLetter['topic']

export interface Failed {
  topic: Topic
  /** Pub/Sub's; null when not even that could be read. */
  messageId: string | null
  body: Buffer
  error: string
}

const mostFailures = 10

/** Counts a failure to process a message. True when the message is now a dead letter: the caller acknowledges it. */
export async function recordFailure(
  ctx: Context,
  failed: Failed,
  { isHopeless }: { isHopeless: boolean },
): Promise<boolean> {
  const now = ctx.clock()
  const isOver = isHopeless ? sql`true` : sql`${deadLetters.failures} + 1 >= ${mostFailures}`
  const [letter] = await ctx.db
    .insert(deadLetters)
    .values({
      letterId: letterIdOf(failed),
      topic: failed.topic,
      body: failed.body,
      error: failed.error.slice(0, 500),
      failures: 1,
      firstFailedAt: now,
      deadAt: isHopeless ? now : null,
    })
    .onConflictDoUpdate({
      target: deadLetters.letterId,
      set: {
        failures: sql`${deadLetters.failures} + 1`,
        error: failed.error.slice(0, 500),
        deadAt: sql`CASE WHEN ${isOver} THEN COALESCE(${deadLetters.deadAt}, ${now.toISOString()}::timestamptz) END`,
      },
    })
    .returning({ deadAt: deadLetters.deadAt })
  const isDead = letter?.deadAt != null
  if (isDead)
    ctx.log.error(
      { letter: letterIdOf(failed), reason: failed.error },
      'kept as a dead letter: an operator can replay it',
    )
  return isDead
}

/** Marks a message that had failed before as processed. */
export async function recordReceived(ctx: Context, topic: Topic, messageId: string): Promise<void> {
  await ctx.db
    .update(deadLetters)
    .set({ takenAt: ctx.clock() })
    .where(and(eq(deadLetters.letterId, `${topic}:${messageId}`), isNull(deadLetters.takenAt)))
}

function letterIdOf({ topic, messageId, body }: Failed): string {
  return `${topic}:${messageId ?? createHash('sha256').update(body).digest('hex').slice(0, 32)}`
}
