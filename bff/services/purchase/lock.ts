import { eq } from 'drizzle-orm'
import { purchases, refunds } from '../../../schema/db/bff/index.ts'
import type { Queryable } from '../../context.ts'
import type { Purchase } from './internal.ts'

/** Holds a purchase's row until the transaction ends, and gives it as it stands. */
export async function lockPurchase(tx: Queryable, purchaseId: string): Promise<Purchase | undefined> {
  const byId = eq(purchases.purchaseId, purchaseId)
  return (await tx.select().from(purchases).where(byId).for('update'))[0]
}

/** True from the moment an operator gives it back, until that has failed. */
export async function isBeingRefunded(tx: Queryable, purchaseId: string): Promise<boolean> {
  const found = await tx.select().from(refunds).where(eq(refunds.purchaseId, purchaseId))
  return found.length > 0
}
