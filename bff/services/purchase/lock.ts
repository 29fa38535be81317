import { eq } from 'drizzle-orm'
import { purchases, refunds } from '../../../schema/db/bff/index.ts'
import type { Queryable } from '../../context.ts'
import type { Purchase } from './internal.ts'

/** Locks a purchase's row until the transaction ends, and returns it. */
export async function lockPurchase(tx: Queryable, purchaseId: string): Promise<Purchase | undefined> {
  const byId = eq(purchases.purchaseId, purchaseId)
  return (await tx.select().from(purchases).where(byId).for('update'))[0]
}

/** True once an operator has started a refund, unless the refund has failed. */
export async function isBeingRefunded(tx: Queryable, purchaseId: string): Promise<boolean> {
  const openRefunds = await tx.select().from(refunds).where(eq(refunds.purchaseId, purchaseId))
  return openRefunds.length > 0
}
