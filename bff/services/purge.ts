import { and, isNull, lte, or, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { scaled } from '../../runtime/time-scale.ts'
import { deadLetters, idempotencyKeys, outbox, refreshTokens, sessions, throttles } from '../../schema/db/bff/index.ts'
import type { Context } from '../context.ts'
import { isExpired } from './idempotency/index.ts'

const keptMs = 30 * 24 * 3600_000
/** A dead letter has up to 10 MB: so many are deleted well within the time that a statement may take. */
const batch = 100
/** Of a table in one turn: what is more waits for the next. */
const mostBatches = 100

/**
 * For the tick: deletes what nobody needs any more. What is not named here stays for ever: first of all the ledger's
 * transactions and events, which every receipt, refund and proof is made of, and what waits for an operator.
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
    // Taken after all; or never given up, and no longer sent by Pub/Sub, which keeps a message for seven days.
    [
      deadLetters,
      or(lte(deadLetters.takenAt, longAgo), and(isNull(deadLetters.deadAt), lte(deadLetters.firstFailedAt, longAgo))),
    ],
  ]
  for (const [table, isOver] of over) {
    // One that fails must not keep the others from their turn.
    await deleteInBatches(ctx, table, isOver).catch((error: unknown) =>
      ctx.log.error({ err: error }, 'could not be forgotten'),
    )
  }
}

/** In bounded statements, so that a table that has grown gets smaller by each of them; passes over rows that someone holds. */
async function deleteInBatches(ctx: Context, table: PgTable, isOver: SQL | undefined): Promise<void> {
  const some = sql`ctid = ANY(ARRAY(SELECT ctid FROM ${table} WHERE ${isOver} LIMIT ${batch} FOR UPDATE SKIP LOCKED))`
  for (let count = 0; count < mostBatches; count++) {
    const deleted = await ctx.db.delete(table).where(some).returning({ one: sql`1` })
    if (deleted.length < batch) return
  }
}
