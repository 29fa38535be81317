/** Applies the result of a refund's payment, in the database transaction that records the result. */
import { eq, sql } from 'drizzle-orm'
import { purchases, refunds } from '../../../schema/db/bff/index.ts'
import { toAmount } from '../../../schema/http/money.ts'
import type { Context, Queryable } from '../../context.ts'
import { appendLedgerEvent } from '../outbox/index.ts'
import type { LedgerTransaction } from '../payments/index.ts'
import { movePurchase } from './internal.ts'
import { lockPurchase } from './lock.ts'

/** The refund has settled: moves the purchase to refunded, and records that on the ledger's topic. */
export async function completeRefund(ctx: Context, tx: Queryable, payment: LedgerTransaction): Promise<void> {
  const purchaseId = payment.subjectId
  const refunded = await movePurchase(tx, purchaseId, { from: ['active'], to: 'refunded' })
  const [refund] = await tx.select().from(refunds).where(eq(refunds.purchaseId, purchaseId))
  if (!refunded || !refund) return
  await appendLedgerEvent(ctx, tx, {
    type: 'model_refund',
    purchaseId,
    public: {
      purchase_id: purchaseId,
      amount: toAmount(refunded.price, refunded.currency),
      currency: refunded.currency,
      prints_withdrawn: refund.printsWithdrawn,
    },
    private: { reason: refund.reason, transaction_id: payment.transactionId },
  })
}

/** No money has moved: returns the withdrawn prints to the purchase. */
export async function undoRefund(tx: Queryable, purchaseId: string): Promise<void> {
  // The purchase is locked before its refund, as in withdrawPrints: otherwise the two could deadlock.
  await lockPurchase(tx, purchaseId)
  const [given] = await tx.delete(refunds).where(eq(refunds.purchaseId, purchaseId)).returning()
  if (!given) return
  await tx
    .update(purchases)
    .set({ printsAllowed: sql`${purchases.printsAllowed} + ${given.printsWithdrawn}` })
    .where(eq(purchases.purchaseId, purchaseId))
}
