import { and, asc, eq, inArray, isNull, lte, sql } from 'drizzle-orm'
import { outbox } from '../../../schema/db/bff.ts'
import { scaled } from '../../../service/time-scale.ts'
import type { Context, Queryable } from '../../context.ts'

export type OutboxRow = typeof outbox.$inferSelect
type Clocked = Pick<Context, 'db' | 'clock' | 'settings'>

// Longer than any delivery takes; a relay that died leaves its rows to the next one after this.
const leaseMs = 60_000
const firstRetryMs = 2_000
const longestRetryMs = 15 * 60_000

/**
 * Takes due rows by pushing their due time ahead, in one statement: whoever else looks passes over them, and nothing stays
 * locked while they are delivered. The attempt's number tells the holder from one who takes the row after the lease.
 */
export async function takeDue(ctx: Clocked, limit: number): Promise<OutboxRow[]> {
  const now = ctx.clock()
  const due = ctx.db
    .select({ eventId: outbox.eventId })
    .from(outbox)
    .where(and(isNull(outbox.deliveredAt), lte(outbox.dueAt, now)))
    .orderBy(asc(outbox.dueAt))
    .limit(limit)
    .for('update', { skipLocked: true })
  return ctx.db
    .update(outbox)
    .set({ dueAt: new Date(now.getTime() + scaled(leaseMs, ctx.settings)), attempts: sql`${outbox.attempts} + 1` })
    .where(inArray(outbox.eventId, due))
    .returning()
}

export async function markDelivered(ctx: Pick<Context, 'clock'>, tx: Queryable, eventId: string): Promise<void> {
  await tx
    .update(outbox)
    .set({ deliveredAt: ctx.clock(), lastError: null })
    .where(and(eq(outbox.eventId, eventId), isNull(outbox.deliveredAt)))
}

/** Tells why a row is still here; when it is due does not change. */
export async function noteFailure(tx: Queryable, eventId: string, reason: string): Promise<void> {
  await tx
    .update(outbox)
    .set({ lastError: reason.slice(0, 500) })
    .where(eq(outbox.eventId, eventId))
}

/** Gives a row back, to be due after a while that doubles with each attempt. */
export async function postpone(ctx: Clocked, row: OutboxRow, reason: string): Promise<void> {
  const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(row.attempts - 1, 20))
  await ctx.db
    .update(outbox)
    .set({ dueAt: new Date(ctx.clock().getTime() + scaled(waitMs, ctx.settings)), lastError: reason.slice(0, 500) })
    .where(and(eq(outbox.eventId, row.eventId), eq(outbox.attempts, row.attempts), isNull(outbox.deliveredAt)))
}
