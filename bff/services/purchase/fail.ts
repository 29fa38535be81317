import type { ErrorCode } from '../../../schema/http/errors.ts'
import type { Context, Queryable } from '../../context.ts'
import { endUnpaid, type LedgerTransaction, type Subject } from '../payments/index.ts'
import { movePurchase } from './internal.ts'
import { lockPurchase } from './lock.ts'

/** Ends a pending purchase whose payment has failed, for good. */
export async function failPurchase(tx: Queryable, purchaseId: string, code: ErrorCode): Promise<void> {
  await movePurchase(tx, purchaseId, { from: ['pending'], to: 'failed', error: code })
}

/** What a purchase's payment is for: wanted while it is pending. */
export function paymentSubject(purchaseId: string): Subject {
  const isStillDue = async (tx: Queryable) => (await lockPurchase(tx, purchaseId))?.status === 'pending'
  return { kind: 'purchase', subjectId: purchaseId, isStillDue }
}

/** Ends a pending purchase for which no payment could be made; does nothing when there is one after all, and returns it. */
export function abandonPurchase(
  ctx: Pick<Context, 'db' | 'handlers'>,
  purchaseId: string,
  code: ErrorCode,
): Promise<LedgerTransaction | null> {
  return endUnpaid(ctx, paymentSubject(purchaseId), tx => failPurchase(tx, purchaseId, code))
}
