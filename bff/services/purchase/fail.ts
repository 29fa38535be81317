import type { ErrorCode } from '../../../schema/http/errors.ts'
import type { Context, Queryable } from '../../context.ts'
import { endUnpaid, type LedgerTransaction, type Subject } from '../payments/index.ts'
import { movePurchase } from './internal.ts'
import { lockPurchase } from './lock.ts'

/** Fails a pending purchase whose payment has failed. */
export async function failPurchase(tx: Queryable, purchaseId: string, code: ErrorCode): Promise<void> {
  await movePurchase(tx, purchaseId, { from: ['pending'], to: 'failed', error: code })
}

/** The subject of a purchase's payment. The payment is due while the purchase is pending. */
export function paymentSubject(purchaseId: string): Subject {
  const isStillDue = async (tx: Queryable) => (await lockPurchase(tx, purchaseId))?.status === 'pending'
  return { kind: 'purchase', subjectId: purchaseId, isStillDue }
}

/** Fails a pending purchase whose payment could not be opened. If another process opened one, returns that payment instead. */
export function abandonPurchase(
  ctx: Pick<Context, 'db' | 'handlers'>,
  purchaseId: string,
  code: ErrorCode,
): Promise<LedgerTransaction | null> {
  return endUnpaid(ctx, paymentSubject(purchaseId), tx => failPurchase(tx, purchaseId, code))
}
