import { and, eq, sql } from 'drizzle-orm'
import { preparations, purchases, wallets } from '../../../schema/db/bff/index.ts'
import type { Currency } from '../../../schema/http/money.ts'
import type { Queryable } from '../../context.ts'

/** Holds a user's wallet until the database transaction ends: who else would spend from it waits. */
export async function lockWallet(tx: Queryable, userId: string): Promise<void> {
  const byUser = and(eq(wallets.userId, userId), eq(wallets.purpose, 'wallet'))
  await tx.select({ accountId: wallets.accountId }).from(wallets).where(byUser).for('update')
}

/**
 * What a user's open payments may take from the wallet, as it is recorded here. Beside a balance it is too much now and then:
 * the ledger can be ahead, and some of it gone already. And too little: a payment that has just ended is no more open, but
 * the balance may have been read before, or from a mirror that is behind. It spares most payments that would fail; what is
 * not covered the ledger refuses, and nothing is charged.
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
