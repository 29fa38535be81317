import { and, asc, eq, gt, inArray, isNull, lt } from 'drizzle-orm'
import { ledgerTransactions } from '../../../schema/db/bff/index.ts'
import type { Context } from '../../context.ts'
import { ago, processEach, startTurn } from '../tick-budget.ts'
import { advanceTransaction } from './advance.ts'

/** The request that opened a transaction polls for its result first. */
const staleAfterMs = 5_000
/** The mirror is some seconds behind the nodes. */
const timeKnownAfterMs = 5_000
const timeLostAfterMs = 24 * 3600_000
const most = 100

/**
 * For the tick: continues transactions whose process died or whose network call got no answer. Several ticks may run at once.
 */
export async function reconcileTransactions(ctx: Context): Promise<void> {
  const hasTime = startTurn(ctx)
  const stale = await staleTransactions(ctx)
  const untimed = await withoutTime(ctx)
  const eachOf = (ids: string[], work: (id: string) => Promise<unknown>) => processEach(ctx, ids, work, hasTime)
  await Promise.all([eachOf(stale, id => advanceTransaction(ctx, id)), eachOf(untimed, id => fillTime(ctx, id))])
}

async function staleTransactions(ctx: Context): Promise<string[]> {
  const rows = await ctx.db
    .select({ id: ledgerTransactions.transactionId })
    .from(ledgerTransactions)
    .where(
      and(
        inArray(ledgerTransactions.status, ['created', 'submitted']),
        lt(ledgerTransactions.createdAt, ago(ctx, staleAfterMs)),
      ),
    )
    .orderBy(asc(ledgerTransactions.createdAt))
    .limit(most)
  return rows.map(row => row.id)
}

/** Settled transactions without a consensus time: a node's receipt does not contain it, so the mirror is asked. */
async function withoutTime(ctx: Context): Promise<string[]> {
  const rows = await ctx.db
    .select({ id: ledgerTransactions.transactionId })
    .from(ledgerTransactions)
    .where(
      and(
        eq(ledgerTransactions.status, 'settled'),
        isNull(ledgerTransactions.consensusTimestamp),
        lt(ledgerTransactions.settledAt, ago(ctx, timeKnownAfterMs)),
        gt(ledgerTransactions.settledAt, ago(ctx, timeLostAfterMs)),
      ),
    )
    .limit(most)
  return rows.map(row => row.id)
}

async function fillTime(ctx: Context, transactionId: string): Promise<void> {
  const byId = eq(ledgerTransactions.transactionId, transactionId)
  const [row] = await ctx.db.select().from(ledgerTransactions).where(byId)
  if (!row) return
  const result = await ctx.ledger.lookup(transactionId, row.validUntil)
  if (result.status !== 'settled' || !result.consensusTimestamp) return
  await ctx.db.update(ledgerTransactions).set({ consensusTimestamp: result.consensusTimestamp }).where(byId)
}
