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
 * An operator gives a purchase back: its whole price goes from the treasury that got it to the wallet that paid, once, and
 * its unused prints are taken from it before the money moves. What was printed stays printed; slicing fees stay paid.
 * Called again it finds the same refund, and tells how it stands; one that failed gave the prints back, and can be repeated.
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
  // Looked at before the CWS signs, so that what cannot be is not begun; and again under the lock.
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

/** Nothing of it may be under way: a print that runs would use a right that is gone, a slice would be charged for. */
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
      'A print job of this purchase is queued or printing. Let it end, or cancel it, first.',
    )
  }
  const isLive = inArray(preparations.status, [...livePreparationStates])
  const isOfIt = eq(preparations.purchaseId, purchaseId)
  const live = await tx.select({ id: preparations.preparationId }).from(preparations).where(and(isOfIt, isLive))
  if (live.length > 0) throw new AppError('purchase_in_use', 'This purchase is being sliced. Let that end first.')
}

/** Once a refund, however many ask: a second one finds nothing left to take. */
async function withdrawPrints(ctx: Context, tx: Queryable, purchaseId: string, reason: string): Promise<void> {
  const [purchase] = await tx.select().from(purchases).where(eq(purchases.purchaseId, purchaseId))
  const printsWithdrawn = (purchase?.printsAllowed ?? 0) - (purchase?.printsUsed ?? 0)
  const [taken] = await tx
    .insert(refunds)
    .values({ purchaseId, reason, printsWithdrawn, createdAt: ctx.clock() })
    .onConflictDoNothing()
    .returning()
  if (!taken) return
  // The refund's own row goes when it fails; this one stays.
  await recordAct(ctx, tx, 'refund', purchaseId, { reason, prints_withdrawn: printsWithdrawn })
  await tx
    .update(purchases)
    .set({ printsAllowed: sql`${purchases.printsUsed}` })
    .where(eq(purchases.purchaseId, purchaseId))
}
