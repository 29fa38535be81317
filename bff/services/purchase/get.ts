import type { PurchaseResponse } from '../../../schema/http/purchases.ts'
import { type Context, requireUser } from '../../context.ts'
import { purchaseOfUser, toPurchaseResponse } from './internal.ts'

/** One purchase, for its owner. Errors: not_found, forbidden. */
export async function getPurchase(ctx: Context, purchaseId: string): Promise<PurchaseResponse> {
  const { userId } = requireUser(ctx)
  return toPurchaseResponse(await purchaseOfUser(ctx.db, purchaseId, userId))
}
