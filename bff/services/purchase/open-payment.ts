import { isAppError } from '../../../schema/http/errors.ts'
import type { Context } from '../../context.ts'
import { buildPayment, type LedgerTransaction, openTransaction } from '../payments/index.ts'
import { treasuryOf, walletOf } from '../wallet/index.ts'
import { abandonPurchase, paymentSubject } from './fail.ts'
import type { PurchaseOfModel } from './internal.ts'

/**
 * Opens the payment of a pending purchase, from its owner's wallet to the model's treasury. When the payment cannot be opened
 * (the CWS refuses it or does not answer), the purchase fails and the reason is thrown: no money has moved. Returns the
 * payment of another process if that was first; null when the purchase has ended without one.
 */
export async function openPayment(
  ctx: Context,
  { purchase, treasury, designerId }: PurchaseOfModel,
): Promise<LedgerTransaction | null> {
  const { purchaseId, price: amount, currency } = purchase
  try {
    const { accountId: payer } = await walletOf(ctx, purchase.userId)
    // Associates an older treasury with PRINT.
    if (currency === 'print') await treasuryOf(ctx, designerId)
    const payment = { payer, payee: treasury, amount, currency }
    return await openTransaction(ctx, {
      ...paymentSubject(purchaseId),
      payment,
      build: () => buildPayment(ctx, payment, purchaseId),
    })
  } catch (error) {
    const paid = await abandonPurchase(ctx, purchaseId, isAppError(error) ? error.code : 'payment_failed')
    if (paid) return paid
    throw error
  }
}
