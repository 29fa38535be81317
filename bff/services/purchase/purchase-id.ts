import { errorStatus, isErrorCode } from '../../../schema/http/errors.ts'
import type { Context } from '../../context.ts'
import { idFor } from '../idempotency/index.ts'
import { findPurchase } from './internal.ts'

/**
 * The id of the purchase that an operation makes. One that could not be paid because a service was away has failed for good,
 * and no money moved: the same operation then tries anew, under the next id.
 */
export async function purchaseIdOf(ctx: Context, operation: string | undefined): Promise<string> {
  if (operation === undefined) return idFor(ctx, 'purchase', undefined)
  for (let attempt = 1; ; attempt++) {
    const purchaseId = idFor(ctx, 'purchase', attempt === 1 ? operation : `${operation}/${attempt}`)
    const found = await findPurchase(ctx.db, purchaseId)
    if (found?.purchase.status !== 'failed' || !wasUnavailable(found.purchase.error)) return purchaseId
  }
}

function wasUnavailable(code: string | null): boolean {
  return isErrorCode(code) && errorStatus[code] >= 500
}
