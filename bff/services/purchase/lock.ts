import { eq } from 'drizzle-orm'
import { purchases } from '../../../schema/db/bff.ts'
import type { Queryable } from '../../context.ts'
import type { Purchase } from './internal.ts'

/** Holds a purchase's row until the transaction ends, and tells its state. */
export async function lockPurchase(tx: Queryable, purchaseId: string): Promise<Purchase['status'] | undefined> {
  const [locked] = await tx
    .select({ status: purchases.status })
    .from(purchases)
    .where(eq(purchases.purchaseId, purchaseId))
    .for('update')
  return locked?.status
}
