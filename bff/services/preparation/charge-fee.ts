import { eq } from 'drizzle-orm'
import { scaled } from '../../../runtime/time-scale.ts'
import { preparations, purchases } from '../../../schema/db/bff/index.ts'
import { type ErrorCode, isAppError } from '../../../schema/http/errors.ts'
import type { Context, Queryable } from '../../context.ts'
import {
  advanceTransaction,
  buildPayment,
  endUnpaid,
  type LedgerTransaction,
  openTransaction,
  requireOperatorFunds,
} from '../payments/index.ts'
import { printRefusal } from '../purchase/index.ts'
import { walletOf } from '../wallet/index.ts'
import { failPreparation } from './fail.ts'
import { lockPrinterOf } from './internal.ts'

// The settled payment releases the slice, so wait for it here up to 10 s; then the tick takes over.
const waitMs = 10_000
/** Permanent refusals. Every other error is retried. */
const refusals = [
  'currency_not_accepted',
  'insufficient_funds',
  'daily_cap_exceeded',
  'payee_not_allowed',
  'transaction_refused',
] as const satisfies ErrorCode[]

interface Reason {
  code: ErrorCode
  message: string
}

/**
 * Charges the purchase's owner the fee of a preparation whose slice is stored. The payment's result completes or fails the
 * preparation. A preparation that has ended is not charged. A preparation fails without a charge when its slice cannot be
 * printed (the printer was removed, or no print is left) or when the CWS refuses the payment.
 */
export async function chargeFee(ctx: Context, preparationId: string): Promise<void> {
  const payment = await openFee(ctx, preparationId)
  if (payment) await advanceTransaction(ctx, payment.transactionId, scaled(waitMs, ctx.settings))
}

async function openFee(ctx: Context, preparationId: string): Promise<LedgerTransaction | null> {
  const [found] = await ctx.db
    .select({ preparation: preparations, userId: purchases.userId })
    .from(preparations)
    .innerJoin(purchases, eq(purchases.purchaseId, preparations.purchaseId))
    .where(eq(preparations.preparationId, preparationId))
  if (!found || !isInPayment(found.preparation)) return null
  const { slicingFee: amount, feeCurrency: currency } = found.preparation
  const subject = { kind: 'slicing_fee', subjectId: preparationId } as const
  const isUnpaid = (tx: Queryable) => lockInPayment(tx, preparationId)
  const giveUp = (reason: Reason) =>
    endUnpaid(ctx, { ...subject, isStillDue: isUnpaid }, tx => failPreparation(ctx, tx, preparationId, reason))
  const refusal = await whyNotPrintable(ctx, ctx.db, preparationId)
  if (refusal) return giveUp(refusal)
  await requireOperatorFunds(ctx)
  const payee = ctx.settings.feeAccountId
  let lateRefusal: Reason | null = null
  try {
    const { accountId: payer } = await walletOf(ctx, found.userId)
    const payment = { payer, payee, amount, currency }
    const opened = await openTransaction(ctx, {
      ...subject,
      payment,
      build: () => buildPayment(ctx, payment, preparationId),
      // Checked again: the printer may have been removed, or the last right taken, while the CWS signed.
      isStillDue: async tx => {
        lateRefusal = await whyNotPrintable(ctx, tx, preparationId)
        return (await isUnpaid(tx)) && lateRefusal === null
      },
    })
    return opened ?? (lateRefusal && (await giveUp(lateRefusal)))
  } catch (error) {
    if (!isAppError(error, ...refusals)) throw error
    return giveUp(error)
  }
}

/**
 * Why the slice cannot be printed, so that its fee is not charged; null when it can be printed. Locks the printer, so that
 * it cannot be removed before the database transaction ends.
 */
async function whyNotPrintable(ctx: Context, tx: Queryable, preparationId: string): Promise<Reason | null> {
  if (!(await lockPrinterOf(tx, preparationId))) {
    return { code: 'printer_revoked', message: 'The printer was removed. Prepare the purchase for another one.' }
  }
  const [found] = await tx
    .select({ purchase: purchases })
    .from(purchases)
    .innerJoin(preparations, eq(preparations.purchaseId, purchases.purchaseId))
    .where(eq(preparations.preparationId, preparationId))
  return found ? printRefusal(found.purchase, ctx.settings.attemptsLimit) : null
}

/** Locks a preparation's row until the transaction ends; true when its fee is due. */
async function lockInPayment(tx: Queryable, preparationId: string): Promise<boolean> {
  const byId = eq(preparations.preparationId, preparationId)
  const [row] = await tx.select().from(preparations).where(byId).for('update')
  return row !== undefined && isInPayment(row)
}

function isInPayment(preparation: typeof preparations.$inferSelect): boolean {
  return preparation.status === 'in_progress' && preparation.step === 'payment'
}
