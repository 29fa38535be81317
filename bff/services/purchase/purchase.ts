import { AppError, type ErrorCode, isErrorCode } from '../../../schema/http/errors.ts'
import type { PurchaseRequest, PurchaseResponse } from '../../../schema/http/purchases.ts'
import { type Context, requireSameUser } from '../../context.ts'
import { oncePerOperation } from '../idempotency/index.ts'
import { advanceTransaction, operatorEmptyText } from '../payments/index.ts'
import { findPurchase, toPurchaseResponse } from './internal.ts'
import { openPayment } from './open-payment.ts'
import { purchaseIdOf } from './purchase-id.ts'
import { storePending } from './store-pending.ts'

/**
 * Buys a user the right to print a model. Stores the purchase, then the signed payment, then sends it, so that a crash loses
 * nothing. Waits a few seconds for the ledger and answers `active`, or `pending` when it takes longer. Repeating an
 * `operationId` continues the same purchase and pays once.
 * Errors: forbidden, not_found, license_not_offered, currency_not_accepted, insufficient_funds, payment_failed,
 * operator_account_empty, the CWS's.
 */
export async function purchaseModel(
  ctx: Context,
  input: PurchaseRequest,
  operationId?: string,
): Promise<PurchaseResponse> {
  const { userId } = requireSameUser(ctx, input.user_id)
  const purchaseId = await purchaseIdOf(ctx, operationId)
  const find = () => findPurchase(ctx.db, purchaseId)
  const purchase = await oncePerOperation(operationId, find, () => storePending(ctx, purchaseId, userId, input))
  if (purchase.purchase.status === 'pending') {
    const payment = await openPayment(ctx, purchase)
    if (payment) await advanceTransaction(ctx, payment.transactionId, ctx.settings.purchaseWaitSeconds * 1000)
  }
  const now = (await find()) ?? purchase
  if (now.purchase.status === 'failed') throw paymentError(now.purchase.error)
  return toPurchaseResponse(now)
}

function paymentError(code: string | null): AppError {
  const known: ErrorCode = isErrorCode(code) ? code : 'payment_failed'
  return new AppError(known, paymentSentences[known] ?? 'The payment failed. Nothing was charged.')
}

const paymentSentences: Partial<Record<ErrorCode, string>> = {
  operator_account_empty: operatorEmptyText,
  insufficient_funds: 'Your wallet does not hold enough. Nothing was charged.',
  daily_cap_exceeded: 'Your wallet has reached its daily limit. Nothing was charged.',
}
