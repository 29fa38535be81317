import { and, asc, eq, lt, ne, notExists, sql } from 'drizzle-orm'
import { ledgerTransactions, purchases } from '../../../schema/db/bff/index.ts'
import type { Context } from '../../context.ts'
import { advanceTransaction } from '../payments/index.ts'
import { ago, processEach, startTurn } from '../tick-budget.ts'
import { abandonPurchase } from './fail.ts'
import { findPurchase } from './internal.ts'
import { openPayment } from './open-payment.ts'

/** Longer than a request needs to have its payment signed and stored. */
const unpaidAfterMs = 30_000
/** By this age the buyer has given up: the purchase fails and is not charged. */
const tooOldMs = 120_000
const most = 100

/** For the tick: pays for purchases that a crash left without a payment, or fails them when they are too old. */
export async function payUnpaidPurchases(ctx: Context): Promise<void> {
  const hasTime = startTurn(ctx)
  await processEach(ctx, await unpaidPurchases(ctx), id => payOrAbandon(ctx, id), hasTime)
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
