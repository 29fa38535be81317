import { and, asc, eq, isNull, lt, notExists, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { scaled } from '../../../runtime/time-scale.ts'
import { outbox } from '../../../schema/db/bff/index.ts'
import { buildOnce } from '../../build-once.ts'
import type { Context, Queryable } from '../../context.ts'

export type OutboxRow = typeof outbox.$inferSelect
export type Channel = OutboxRow['channel']
type Clocked = Pick<Context, 'db' | 'clock' | 'settings'>

// Longer than any delivery takes; a relay that died leaves its rows to the next one after this.
const leaseMs = 60_000
const firstRetryMs = 2_000
const longestRetryMs = 15 * 60_000
/** About three hours of retries; after that an operator must look. */
const mostFailures = 20

const isOwed = and(isNull(outbox.deliveredAt), isNull(outbox.deadAt))

/**
 * Leases due rows, at most `limit` of each channel, by moving their due time ahead, in one statement: other relays skip them, and no
 * row stays locked during the delivery. The attempt number tells this lease from a later one. A row waits for undelivered rows with
 * the same order key that were written before it.
 */
export async function leaseDue(ctx: Clocked, channels: Channel[], limit: number): Promise<OutboxRow[]> {
  const now = ctx.clock()
  const leaseUntil = new Date(now.getTime() + scaled(leaseMs, ctx.settings))
  const times = { now: now.toISOString(), leaseUntil: leaseUntil.toISOString() }
  return leaseQuery(ctx.db).execute({ channels, limit, ...times })
}

const leaseQuery = buildOnce(db => {
  const isDue = sql`${outbox.dueAt} <= ${sql.placeholder('now')}`
  const ofChannel = db
    .select({ eventId: outbox.eventId })
    .from(outbox)
    .where(and(sql`${outbox.channel} = wanted.channel`, isOwed, isDue, notExists(earlierInOrder(db))))
    .orderBy(asc(outbox.dueAt))
    .limit(sql.placeholder('limit'))
    .for('update', { skipLocked: true })
  const due = sql`SELECT due.event_id FROM unnest(${sql.placeholder('channels')}::text[]) AS wanted (channel), LATERAL (${ofChannel}) AS due`
  return db
    .update(outbox)
    .set({ dueAt: sql`${sql.placeholder('leaseUntil')}::timestamptz`, attempts: sql`${outbox.attempts} + 1` })
    .where(sql`${outbox.eventId} = ANY(ARRAY(${due}))`)
    .returning()
    .prepare('lease')
})

/** Undelivered rows with the same order key that were written before. A dead row does not block later ones. */
function earlierInOrder(db: Queryable) {
  const earlier = alias(outbox, 'earlier')
  return db
    .select({ one: sql`1` })
    .from(earlier)
    .where(
      and(
        eq(earlier.orderKey, outbox.orderKey),
        lt(earlier.position, outbox.position),
        isNull(earlier.deliveredAt),
        isNull(earlier.deadAt),
      ),
    )
}

export async function markDelivered(ctx: Pick<Context, 'clock'>, tx: Queryable, eventId: string): Promise<void> {
  await tx
    .update(outbox)
    .set({ deliveredAt: ctx.clock(), deadAt: null, lastError: null })
    .where(and(eq(outbox.eventId, eventId), isNull(outbox.deliveredAt)))
}

/**
 * Schedules the next attempt of a row; the wait doubles with each attempt. A transient failure is retried without limit. A row
 * that failed 20 times by its own fault is dead until an operator replays it. True when this failure made the row dead.
 */
export async function postpone(
  ctx: Pick<Clocked, 'clock' | 'settings'>,
  tx: Queryable,
  row: OutboxRow,
  { reason, isOwnFault }: { reason: string; isOwnFault: boolean },
): Promise<boolean> {
  const now = ctx.clock()
  const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(row.attempts - 1, 20))
  const failures = row.failures + (isOwnFault ? 1 : 0)
  const [changed] = await tx
    .update(outbox)
    .set({
      failures,
      dueAt: new Date(now.getTime() + scaled(waitMs, ctx.settings)),
      deadAt: failures >= mostFailures ? now : null,
      lastError: reason.slice(0, 500),
    })
    .where(and(eq(outbox.eventId, row.eventId), eq(outbox.attempts, row.attempts), isOwed))
    .returning({ deadAt: outbox.deadAt })
  return changed?.deadAt != null
}

export async function findRow(tx: Queryable, eventId: string): Promise<OutboxRow | undefined> {
  return (await tx.select().from(outbox).where(eq(outbox.eventId, eventId)))[0]
}
