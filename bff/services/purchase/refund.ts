import { and, eq, inArray, sql } from 'drizzle-orm'
import { preparations, purchases, refunds } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { livePreparationStates } from '../../../schema/http/preparations.ts'
import { type Context, type Queryable, requireOperator } from '../../context.ts'
import {
  advanceTransaction,
  buildPayment,
  type LedgerTransaction,
  liveTransaction,
  openTransaction,
} from '../payments/index.ts'
import { recordAct } from '../record-act.ts'
import { findPurchase } from './internal.ts'
import { lockPurchase } from './lock.ts'

export interface RefundRequest {
  purchaseId: string
  reason: string
}

/**
 * For operators: refunds a purchase. Withdraws the unused prints, then pays the whole price back, once, from the treasury that
 * received it to the wallet that paid. Slicing fees are not refunded. Called again, returns the state of the same refund; a
 * failed refund has given the prints back and can be repeated.
 * Errors: forbidden, not_found, purchase_not_active, purchase_in_use, the CWS's.
 */
export async function refundPurchase(ctx: Context, { purchaseId, reason }: RefundRequest): Promise<LedgerTransaction> {
  requireOperator(ctx)
  if (!(await findPurchase(ctx.db, purchaseId))) throw new AppError('not_found', `There is no purchase ${purchaseId}.`)
  const refund = (await liveTransaction(ctx.db, 'refund', purchaseId)) ?? (await openRefund(ctx, purchaseId, reason))
  if (!refund) throw new AppError('purchase_not_active', `Purchase ${purchaseId} was refunded or has failed meanwhile.`)
  const waitMs = ctx.settings.purchaseWaitSeconds * 1000
  return (await advanceTransaction(ctx, refund.transactionId, waitMs)) ?? refund
}

async function openRefund(ctx: Context, purchaseId: string, reason: string): Promise<LedgerTransaction | null> {
  // Checked before the CWS signs, and again under the lock.
  await ctx.db.transaction(tx => requireIdle(tx, purchaseId))
  const paid = await liveTransaction(ctx.db, 'purchase', purchaseId)
  if (!paid?.payer || !paid.payee || !paid.amount || !paid.currency) {
    throw new AppError('purchase_not_active', `Purchase ${purchaseId} has no payment on record.`)
  }
  const { payer, payee, amount, currency, transactionId } = paid
  const payment = { payer: payee, payee: payer, amount, currency }
  return openTransaction(ctx, {
    kind: 'refund',
    subjectId: purchaseId,
    payment,
    build: () => buildPayment(ctx, payment, purchaseId),
    sign: bytes => ctx.cws.signRefund(bytes, transactionId),
    isStillDue: async tx => {
      await requireIdle(tx, purchaseId)
      await withdrawPrints(ctx, tx, purchaseId, reason)
      return true
    },
  })
}

/** Refuses while a print or a slice is in progress: the print would use a withdrawn right, the slice would be charged for. */
async function requireIdle(tx: Queryable, purchaseId: string): Promise<void> {
  const purchase = await lockPurchase(tx, purchaseId)
  if (purchase?.status !== 'active') {
    throw new AppError(
      'purchase_not_active',
      `Purchase ${purchaseId} is ${purchase?.status}, so it cannot be refunded.`,
    )
  }
  if (purchase.printsReserved) {
    throw new AppError(
      'purchase_in_use',
      'A print job of this purchase is queued or printing. Cancel it or wait until it has ended.',
    )
  }
  const isLive = inArray(preparations.status, [...livePreparationStates])
  const isOfIt = eq(preparations.purchaseId, purchaseId)
  const live = await tx.select({ id: preparations.preparationId }).from(preparations).where(and(isOfIt, isLive))
  if (live.length > 0)
    throw new AppError('purchase_in_use', 'This purchase is being sliced. Wait until that has ended.')
}

/** Withdraws the unused prints once per refund: a repeated call finds the refund's row and changes nothing. */
async function withdrawPrints(ctx: Context, tx: Queryable, purchaseId: string, reason: string): Promise<void> {
  const [purchase] = await tx.select().from(purchases).where(eq(purchases.purchaseId, purchaseId))
  const printsWithdrawn = (purchase?.printsAllowed ?? 0) - (purchase?.printsUsed ?? 0)
  const [taken] = await tx
    .insert(refunds)
    .values({ purchaseId, reason, printsWithdrawn, createdAt: ctx.clock() })
    .onConflictDoNothing()
    .returning()
  if (!taken) return
  // A failed refund's row is deleted; this record of the act stays.
  await recordAct(ctx, tx, 'refund', purchaseId, { reason, prints_withdrawn: printsWithdrawn })
  await tx
    .update(purchases)
    .set({ printsAllowed: sql`${purchases.printsUsed}` })
    .where(eq(purchases.purchaseId, purchaseId))
}
