import { desc, eq } from 'drizzle-orm'
import { purchases } from '../../../schema/db/bff.ts'
import type { PurchaseResponse } from '../../../schema/http/purchases.ts'
import { type Context, requireUser } from '../../context.ts'
import { selectPurchases, toPurchaseResponse } from './internal.ts'

const most = 500

/** A user's own purchases, the newest first. */
export async function listPurchases(ctx: Context): Promise<PurchaseResponse[]> {
  const { userId } = requireUser(ctx)
  const found = await selectPurchases(ctx.db)
    .where(eq(purchases.userId, userId))
    .orderBy(desc(purchases.createdAt))
    .limit(most)
  return found.map(toPurchaseResponse)
}
