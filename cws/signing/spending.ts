import { and, eq, inArray, sql } from 'drizzle-orm'
import { payees, signatures, wallets } from '../../schema/db/cws.ts'
import { AppError } from '../../schema/http/errors.ts'
import { currencies, toAmount } from '../../schema/http/money.ts'
import type { CwsSettings, Queryable } from '../context.ts'
import type { ActiveWallet } from '../wallets/wallet.ts'
import { refused, type Spending } from './rules.ts'

/**
 * Finds an account made here for `purpose` and holds its row until the transaction ends: who signs for the same account
 * waits, so that each sees what the one before has spent. Payments leave wallets only, refunds treasuries only.
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
  if (!wallet) throw refused(`it debits an account that is no ${purpose} of ours`)
  return { ...wallet, accountId }
}

export async function requirePayees(tx: Queryable, accounts: string[]): Promise<void> {
  const known = await tx.select({ accountId: payees.accountId }).from(payees).where(inArray(payees.accountId, accounts))
  const foreign = accounts.find(account => !known.some(({ accountId }) => accountId === account))
  if (foreign) throw new AppError('payee_not_allowed', `${foreign} is not on the list of payees.`)
}

export type NewSignature = Pick<
  typeof signatures.$inferInsert,
  'transactionId' | 'bodyHash' | 'kind' | 'validUntil' | 'refundOf'
>

/**
 * Records once that a transaction is signed. The same transaction again is no news and counts nothing; another one under
 * the same id is refused.
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
  if (earlier?.bodyHash !== bodyHash) throw refused('another one with the same id was signed before')
  return { isNew: false }
}

/** Throws `daily_cap_exceeded` when what is recorded for the account's day, the newest included, is over the currency's cap. */
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
    `At most ${toAmount(cap, currency)} ${currencies[currency].name} may leave an account in a day (UTC).`,
  )
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10)
}
