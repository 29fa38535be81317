import { and, isNull, lte, or, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { scaled } from '../../runtime/time-scale.ts'
import { deadLetters, idempotencyKeys, outbox, refreshTokens, sessions, throttles } from '../../schema/db/bff/index.ts'
import type { Context } from '../context.ts'
import { isExpired } from './idempotency/index.ts'

const keptMs = 30 * 24 * 3600_000
/** A dead letter has up to 10 MB; the statement timeout allows much more than 100 of them. */
const batch = 100
/** Time limit for one table in one tick; the next tick deletes the rest. */
const mostBatches = 100

/**
 * For the tick: deletes rows past their retention. Every table that is not listed here is kept permanently, above all the
 * ledger transactions and events, which receipts and refunds need.
 */
export async function purge(ctx: Context): Promise<void> {
  const now = ctx.clock()
  const longAgo = new Date(now.getTime() - scaled(keptMs, ctx.settings))
  const over: [PgTable, SQL | undefined][] = [
    [idempotencyKeys, isExpired(now)],
    [throttles, lte(throttles.resetsAt, now)],
    [sessions, lte(sessions.expiresAt, now)],
    [refreshTokens, lte(refreshTokens.expiresAt, now)],
    [outbox, and(sql`${outbox.channel} <> 'ledger'`, lte(outbox.deliveredAt, longAgo))],
    // Either processed later, or no longer delivered by Pub/Sub, which keeps a message for seven days.
    [
      deadLetters,
      or(lte(deadLetters.takenAt, longAgo), and(isNull(deadLetters.deadAt), lte(deadLetters.firstFailedAt, longAgo))),
    ],
  ]
  for (const [table, isOver] of over) {
    // A failure in one table must not stop the others.
    await deleteInBatches(ctx, table, isOver).catch((error: unknown) =>
      ctx.log.error({ err: error }, 'old rows could not be deleted; the next tick tries again'),
    )
  }
}

/** Deletes in bounded statements, so that each one ends within the statement timeout. Skips locked rows. */
async function deleteInBatches(ctx: Context, table: PgTable, isOver: SQL | undefined): Promise<void> {
  const some = sql`ctid = ANY(ARRAY(SELECT ctid FROM ${table} WHERE ${isOver} LIMIT ${batch} FOR UPDATE SKIP LOCKED))`
  for (let count = 0; count < mostBatches; count++) {
    const deleted = await ctx.db.delete(table).where(some).returning({ one: sql`1` })
    if (deleted.length < batch) return
  }
}
