import { and, eq, sql } from 'drizzle-orm'
import { preparations, purchases, wallets } from '../../../schema/db/bff/index.ts'
import type { Currency } from '../../../schema/http/money.ts'
import type { Queryable } from '../../context.ts'

/** Locks a user's wallet row until the database transaction ends, so that payments from one wallet are stored one at a time. */
export async function lockWallet(tx: Queryable, userId: string): Promise<void> {
  const byUser = and(eq(wallets.userId, userId), eq(wallets.purpose, 'wallet'))
  await tx.select({ accountId: wallets.accountId }).from(wallets).where(byUser).for('update')
}

/**
 * Pending spend: the sum of a user's open payments in one currency, in its smallest units. Compared with a balance the sum can
 * be too high, because the ledger may have settled a payment that is still open here. The sum can also be too low, because a
 * payment may have ended after the balance was read, or the mirror may be behind. The check prevents most payments that would
 * fail; the ledger refuses the rest, and nothing is charged.
 */
export async function pendingSpend(tx: Queryable, userId: string, currency: Currency): Promise<bigint> {
  const ofUser = eq(purchases.userId, userId)
  const [bought] = await tx
    .select({ units: sql<string>`coalesce(sum(${purchases.price}), 0)` })
    .from(purchases)
    .where(and(ofUser, eq(purchases.status, 'pending'), eq(purchases.currency, currency)))
  const [sliced] = await tx
    .select({ units: sql<string>`coalesce(sum(${preparations.slicingFee}), 0)` })
    .from(preparations)
    .innerJoin(purchases, eq(purchases.purchaseId, preparations.purchaseId))
    .where(
      and(
        ofUser,
        eq(preparations.status, 'in_progress'),
        eq(preparations.step, 'payment'),
        eq(preparations.feeCurrency, currency),
      ),
    )
  return BigInt(bought?.units ?? 0) + BigInt(sliced?.units ?? 0)
}
