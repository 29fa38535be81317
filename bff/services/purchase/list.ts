import { and, desc, eq, sql } from 'drizzle-orm'
import { purchases } from '../../../schema/db/bff/index.ts'
import type { PageRequest } from '../../../schema/http/page.ts'
import type { PurchaseListResponse } from '../../../schema/http/purchases.ts'
import { buildOnce } from '../../build-once.ts'
import { type Context, requireUser } from '../../context.ts'
import { cutPage, isAfter, startOf, startPlaceholders } from '../page.ts'
import { selectPurchases, toPurchaseResponse } from './internal.ts'

/** A page of a user's own purchases, newest first. */
export async function listPurchases(ctx: Context, request: PageRequest): Promise<PurchaseListResponse> {
  const { userId } = requireUser(ctx)
  const rows = await pageQuery(ctx.db).execute({ userId, ...startOf(request) })
  const { page, next_cursor } = cutPage(rows.map(toPurchaseResponse), request, purchase => ({
    at: new Date(purchase.created_at),
    id: purchase.purchase_id,
  }))
  return { purchases: page, next_cursor }
}

const pageQuery = buildOnce(db => {
  const { userId, createdAt, purchaseId } = purchases
  return selectPurchases(db)
    .where(and(eq(userId, sql.placeholder('userId')), isAfter(startPlaceholders, createdAt, purchaseId)))
    .orderBy(desc(createdAt), desc(purchaseId))
    .limit(startPlaceholders.limit)
    .prepare('page_of_purchases')
})
