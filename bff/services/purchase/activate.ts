import { toAmount } from '../../../schema/http/money.ts'
import type { Context, Queryable } from '../../context.ts'
import { appendLedgerEvent } from '../outbox/index.ts'
import type { LedgerTransaction } from '../payments/index.ts'
import { findPurchase, movePurchase } from './internal.ts'

/**
 * Grants the prints of a purchase whose payment has settled. Also activates a purchase that was given up meanwhile: money that
 * has moved always grants the prints, so no automatic refund is needed.
 */
export async function activatePurchase(ctx: Context, tx: Queryable, payment: LedgerTransaction): Promise<void> {
  const active = await movePurchase(tx, payment.subjectId, { from: ['pending', 'failed'], to: 'active', error: null })
  if (!active) return
  const { purchaseId, currency } = active
  await appendLedgerEvent(ctx, tx, {
    type: 'model_purchase',
    purchaseId,
    public: {
      purchase_id: purchaseId,
      price: toAmount(active.price, currency),
      currency,
      prints_allowed: active.printsAllowed,
    },
    private: {
      user_id: active.userId,
      model_id: active.modelId,
      title: (await findPurchase(tx, purchaseId))?.title ?? '',
      license_type: active.licenseType,
      transaction_id: payment.transactionId,
    },
  })
}
