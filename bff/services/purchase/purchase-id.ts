import { errorStatus, isErrorCode } from '../../../schema/http/errors.ts'
import type { Context } from '../../context.ts'
import { idFor } from '../idempotency/index.ts'
import { findPurchase } from './internal.ts'

/**
 * The id of the purchase that a request makes. When an earlier attempt failed because a service was unavailable (no money has
 * moved), repeating the request makes a new purchase, under the next id.
 */
export async function purchaseIdOf(ctx: Context, operationId: string | undefined): Promise<string> {
  if (operationId === undefined) return idFor(ctx, 'purchase', undefined)
  for (let attempt = 1; ; attempt++) {
    const purchaseId = idFor(ctx, 'purchase', attempt === 1 ? operationId : `${operationId}/${attempt}`)
    const existing = await findPurchase(ctx.db, purchaseId)
    if (existing?.purchase.status !== 'failed' || !wasUnavailable(existing.purchase.error)) return purchaseId
  }
}

function wasUnavailable(code: string | null): boolean {
  return isErrorCode(code) && errorStatus[code] >= 500
}
