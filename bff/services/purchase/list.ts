import { and, desc, eq } from 'drizzle-orm'
import { purchases } from '../../../schema/db/bff/index.ts'
import type { PageRequest } from '../../../schema/http/page.ts'
import type { PurchaseListResponse } from '../../../schema/http/purchases.ts'
import { type Context, requireUser } from '../../context.ts'
import { cutPage, isAfter } from '../page.ts'
import { selectPurchases, toPurchaseResponse } from './internal.ts'

/** A page of a user's own purchases, newest first. */
export async function listPurchases(ctx: Context, request: PageRequest): Promise<PurchaseListResponse> {
  const { userId } = requireUser(ctx)
  const rows = await selectPurchases(ctx.db)
    .where(and(eq(purchases.userId, userId), isAfter(request.cursor, purchases.createdAt, purchases.purchaseId)))
    .orderBy(desc(purchases.createdAt), desc(purchases.purchaseId))
    .limit(request.limit + 1)
  const { page, next_cursor } = cutPage(rows.map(toPurchaseResponse), request, purchase => ({
    at: new Date(purchase.created_at),
    id: purchase.purchase_id,
  }))
  return { purchases: page, next_cursor }
}
