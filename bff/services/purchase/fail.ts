import { and, eq } from 'drizzle-orm'
import { purchases } from '../../../schema/db/bff.ts'
import type { ErrorCode } from '../../../schema/http/errors.ts'
import type { Context, Queryable } from '../../context.ts'
import { liveTransaction } from '../ledger/open.ts'
import { lockPurchase } from './lock.ts'

/** Ends a pending purchase whose payment has failed, for good. */
export async function failPurchase(tx: Queryable, purchaseId: string, code: ErrorCode): Promise<void> {
  await tx
    .update(purchases)
    .set({ status: 'failed', error: code })
    .where(and(eq(purchases.purchaseId, purchaseId), eq(purchases.status, 'pending')))
}

/**
 * Ends a pending purchase for which no payment could be made. Does nothing when one is stored after all, by whoever was
 * faster: the row's lock makes the two wait for each other.
 */
export async function abandonPurchase(ctx: Pick<Context, 'db'>, purchaseId: string, code: ErrorCode): Promise<void> {
  await ctx.db.transaction(async tx => {
    await lockPurchase(tx, purchaseId)
    if (!(await liveTransaction(tx, 'purchase', purchaseId))) await failPurchase(tx, purchaseId, code)
  })
}
