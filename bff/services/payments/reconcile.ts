import { and, asc, eq, gt, inArray, isNull, lt, ne, notExists, sql } from 'drizzle-orm'
import { scaled } from '../../../runtime/time-scale.ts'
import { ledgerTransactions, purchases } from '../../../schema/db/bff.ts'
import type { Context } from '../../context.ts'
import { beginTurn } from '../budget.ts'
import { abandonPurchase } from '../purchase/fail.ts'
import { findPurchase } from '../purchase/internal.ts'
import { openPayment } from '../purchase/pay.ts'
import { advanceTransaction } from './advance.ts'

/** Whoever opened a transaction asks for it himself for a while. */
const staleAfterMs = 5_000
/** Longer than a request needs to have its payment signed and stored. */
const unpaidAfterMs = 30_000
/** Nobody waits for a purchase of this age: charging for it now would surprise. */
const tooOldMs = 120_000
/** The mirror is some seconds behind the nodes. */
const timeKnownAfterMs = 5_000
const timeLostAfterMs = 24 * 3600_000
const most = 100
const atOnce = 8

/**
 * For the tick: goes on where a process died or the network did not answer. Everything in it may be done by several at once.
 */
export async function reconcileLedger(ctx: Context): Promise<void> {
  const hasTime = beginTurn(ctx)
  const stale = await staleTransactions(ctx)
  const unpaid = await unpaidPurchases(ctx)
  const untimed = await withoutTime(ctx)
  const eachOf = (ids: string[], work: (id: string) => Promise<unknown>) => workOff(ctx, ids, work, hasTime)
  await Promise.all([
    eachOf(stale, id => advanceTransaction(ctx, id)),
    eachOf(unpaid, id => payOrAbandon(ctx, id)),
    eachOf(untimed, id => fillTime(ctx, id)),
  ])
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

/** Pending purchases whose process died before their payment was stored: no money has moved. */
async function unpaidPurchases(ctx: Context): Promise<string[]> {
  const live = ctx.db
    .select({ one: sql`1` })
    .from(ledgerTransactions)
    .where(
      and(
        eq(ledgerTransactions.kind, 'purchase'),
        eq(ledgerTransactions.subjectId, purchases.purchaseId),
        ne(ledgerTransactions.status, 'failed'),
      ),
    )
  const rows = await ctx.db
    .select({ id: purchases.purchaseId })
    .from(purchases)
    .where(and(eq(purchases.status, 'pending'), lt(purchases.createdAt, ago(ctx, unpaidAfterMs)), notExists(live)))
    .orderBy(asc(purchases.createdAt))
    .limit(most)
  return rows.map(row => row.id)
}

async function payOrAbandon(ctx: Context, purchaseId: string): Promise<void> {
  const found = await findPurchase(ctx.db, purchaseId)
  if (!found) return
  const isTooOld = found.purchase.createdAt < ago(ctx, tooOldMs)
  const payment = await (isTooOld ? abandonPurchase(ctx, purchaseId, 'payment_failed') : openPayment(ctx, found))
  if (payment) await advanceTransaction(ctx, payment.transactionId)
}

/** Settled by a node's receipt, which has no consensus time: that is the mirror's to tell. */
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
  const isIt = eq(ledgerTransactions.transactionId, transactionId)
  const [row] = await ctx.db.select().from(ledgerTransactions).where(isIt)
  if (!row) return
  const seen = await ctx.ledger.lookup(transactionId, row.validUntil)
  if (seen.status !== 'settled' || !seen.consensusTimestamp) return
  await ctx.db.update(ledgerTransactions).set({ consensusTimestamp: seen.consensusTimestamp }).where(isIt)
}

/** A few at a time while there is time; one that fails is logged, and keeps no other waiting. The next tick goes on. */
async function workOff(
  ctx: Context,
  ids: string[],
  work: (id: string) => Promise<unknown>,
  hasTime: () => boolean,
): Promise<void> {
  const queue = [...ids]
  const worker = async () => {
    for (let id = queue.shift(); id; id = hasTime() ? queue.shift() : undefined) {
      await work(id).catch((error: unknown) => ctx.log.warn({ err: error, subject: id }, 'not reconciled'))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

function ago(ctx: Context, ms: number): Date {
  return new Date(ctx.clock().getTime() - scaled(ms, ctx.settings))
}
