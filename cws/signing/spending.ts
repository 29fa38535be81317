import { and, eq, inArray, sql } from 'drizzle-orm'
import { payees, signatures, wallets } from '../../schema/db/cws.ts'
import { AppError } from '../../schema/http/errors.ts'
import { currencies, toAmount } from '../../schema/http/money.ts'
import type { CwsSettings, Queryable } from '../context.ts'
import type { ActiveWallet } from '../wallets/wallet.ts'
import { refused, type Spending } from './rules.ts'

/**
 * Finds an active account created here for `purpose` and locks its row until the transaction ends, so that concurrent calls
 * for the same account each count the spending of the one before. Errors: transaction_refused.
 */
export async function lockAccount(
  tx: Queryable,
  accountId: string,
  purpose: ActiveWallet['purpose'],
): Promise<ActiveWallet> {
  const [wallet] = await tx
    .select()
    .from(wallets)
    .where(and(eq(wallets.accountId, accountId), eq(wallets.purpose, purpose), eq(wallets.status, 'active')))
    .for('no key update')
  if (!wallet) throw refused(`${accountId} is not a ${purpose} that was created here`)
  return { ...wallet, accountId }
}

/** Requires that every account is on the list of payees. Errors: payee_not_allowed. */
export async function requirePayees(tx: Queryable, accounts: string[]): Promise<void> {
  const known = await tx.select({ accountId: payees.accountId }).from(payees).where(inArray(payees.accountId, accounts))
  const unknown = accounts.find(account => !known.some(({ accountId }) => accountId === account))
  if (unknown)
    throw new AppError('payee_not_allowed', `${unknown} is not on the list of payees. An operator can add it.`)
}

export type NewSignature = Pick<
  typeof signatures.$inferInsert,
  'transactionId' | 'bodyHash' | 'kind' | 'validUntil' | 'refundOf'
>

/**
 * Records a signature. `isNew` is false when the same transaction was recorded before, which then counts once. Refuses a
 * different transaction with the same id. `spending` is null for a message. Errors: transaction_refused.
 */
export async function recordSignature(
  tx: Queryable,
  now: Date,
  { transactionId, bodyHash, kind, validUntil, refundOf }: NewSignature,
  spending: Spending | null,
): Promise<{ isNew: boolean }> {
  const inserted = await tx
    .insert(signatures)
    .values({
      transactionId,
      bodyHash,
      kind,
      accountId: spending?.accountId ?? null,
      amount: spending?.amount ?? 0n,
      currency: spending?.currency ?? 'hbar',
      payees: spending?.payees ?? [],
      validUntil,
      refundOf,
      day: dayOf(now),
      createdAt: now,
    })
    .onConflictDoNothing()
    .returning({ transactionId: signatures.transactionId })
  if (inserted.length > 0) return { isNew: true }
  const [earlier] = await tx
    .select({ bodyHash: signatures.bodyHash })
    .from(signatures)
    .where(eq(signatures.transactionId, transactionId))
  if (earlier?.bodyHash !== bodyHash) throw refused('a different transaction with the same id was signed before')
  return { isNew: false }
}

/**
 * Requires that the account's recorded spending of this UTC day, the newest included, is within the currency's cap. A currency
 * without a cap may not be spent at all. Errors: daily_cap_exceeded.
 */
export async function requireBelowCap(
  tx: Queryable,
  now: Date,
  { accountId, currency }: Spending,
  caps: CwsSettings['dailyCaps'],
): Promise<void> {
  const [spent] = await tx
    .select({ units: sql<string>`coalesce(sum(${signatures.amount}), 0)` })
    .from(signatures)
    .where(and(eq(signatures.accountId, accountId), eq(signatures.currency, currency), eq(signatures.day, dayOf(now))))
  const cap = caps[currency] ?? 0n
  if (BigInt(spent?.units ?? 0) <= cap) return
  throw new AppError(
    'daily_cap_exceeded',
    `The daily cap of ${toAmount(cap, currency)} ${currencies[currency].name} for an account is reached. It resets at midnight UTC.`,
  )
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10)
}
