import { and, eq, inArray } from 'drizzle-orm'
import { publishedModels, purchases } from '../../../schema/db/bff/index.ts'
import { AppError, type ErrorCode } from '../../../schema/http/errors.ts'
import { toMoney } from '../../../schema/http/money.ts'
import type { PurchaseResponse } from '../../../schema/http/purchases.ts'
import type { Queryable } from '../../context.ts'

export type Purchase = typeof purchases.$inferSelect
type PurchaseStatus = Purchase['status']

/** A purchase with its model's title and the treasury to pay. */
export interface PurchaseOfModel {
  purchase: Purchase
  title: string
  treasury: string
  designerId: string
}

/**
 * The only way a purchase changes its state: one conditional UPDATE. Null when it is in none of `from`: another request was first.
 */
export async function movePurchase(
  tx: Queryable,
  purchaseId: string,
  move: { from: readonly PurchaseStatus[]; to: PurchaseStatus; error?: ErrorCode | null },
): Promise<Purchase | null> {
  const [moved] = await tx
    .update(purchases)
    .set({ status: move.to, ...(move.error === undefined ? {} : { error: move.error }) })
    .where(and(eq(purchases.purchaseId, purchaseId), inArray(purchases.status, [...move.from])))
    .returning()
  return moved ?? null
}

export function selectPurchases(tx: Queryable) {
  return tx
    .select({
      purchase: purchases,
      title: publishedModels.title,
      treasury: publishedModels.tokenTreasuryAccountId,
      designerId: publishedModels.designerId,
    })
    .from(purchases)
    .innerJoin(publishedModels, eq(publishedModels.modelId, purchases.modelId))
}

export async function findPurchase(tx: Queryable, purchaseId: string): Promise<PurchaseOfModel | undefined> {
  const [found] = await selectPurchases(tx).where(eq(purchases.purchaseId, purchaseId))
  return found
}

/** Errors: not_found, forbidden. */
export async function purchaseOfUser(tx: Queryable, purchaseId: string, userId: string): Promise<PurchaseOfModel> {
  const found = await findPurchase(tx, purchaseId)
  if (!found) throw new AppError('not_found', `There is no purchase ${purchaseId}.`)
  if (found.purchase.userId !== userId) throw new AppError('forbidden', 'That purchase belongs to somebody else.')
  return found
}

export function toPurchaseResponse({ purchase, title }: PurchaseOfModel): PurchaseResponse {
  return {
    status: purchase.status,
    purchase_id: purchase.purchaseId,
    model_id: purchase.modelId,
    title,
    license_type: purchase.licenseType,
    price: toMoney(purchase.price, purchase.currency),
    prints_allowed: purchase.printsAllowed,
    prints_used: purchase.printsUsed,
    prints_reserved: purchase.printsReserved,
    error: purchase.error,
    created_at: purchase.createdAt.toISOString(),
  }
}
