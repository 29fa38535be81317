import { and, eq } from 'drizzle-orm'
import { resolveTransaction } from '../../ledger/resolve.ts'
import { wallets } from '../../schema/db/cws.ts'
import type { CwsContext } from '../context.ts'
import { addPayee } from '../payees/add-payee.ts'
import { notYet } from './not-yet.ts'
import { openAccountCreate } from './open-account-create.ts'
import { type ActiveWallet, findWallet, isActive, isWalletOf, type Wallet } from './wallet.ts'

const waitMs = 8000
const sentence = 'The account is still being made.'

/**
 * Sends the stored transaction of a pending wallet, or learns what became of it, and activates the wallet. Several may do
 * so at once: it is the same transaction, which the network carries out once. Only when it has certainly failed does
 * another, for the same key, take its place.
 * Errors: ledger_unavailable, operator_account_empty.
 */
export async function settleWallet(ctx: CwsContext, pending: Wallet): Promise<ActiveWallet> {
  const outcome = await resolve(ctx, pending)
  if (outcome.status === 'pending') throw notYet(ctx, outcome.reason, sentence)
  if (outcome.status === 'settled') return activate(ctx, pending, outcome.accountId)

  ctx.log.warn({ transaction_id: pending.transactionId, reason: outcome.reason }, 'an account could not be made')
  const renewed = await renew(ctx, pending)
  if (isActive(renewed)) return renewed
  const again = await resolve(ctx, renewed)
  if (again.status !== 'settled') throw notYet(ctx, again.reason, sentence)
  return activate(ctx, renewed, again.accountId)
}

function resolve({ ledger, clock }: CwsContext, { transactionId, signedBytes: bytes, validUntil }: Wallet) {
  return resolveTransaction(ledger, { transactionId, bytes, validUntil, now: clock(), waitMs })
}

/** From pending to active, once; a treasury may be paid from the same moment on. */
async function activate(ctx: CwsContext, wallet: Wallet, accountId: string | undefined): Promise<ActiveWallet> {
  if (!accountId) throw new Error(`the ledger names no account for ${wallet.transactionId}`)
  return ctx.db.transaction(async tx => {
    const { clock } = ctx
    await tx
      .update(wallets)
      .set({ status: 'active', accountId, activeAt: clock() })
      .where(and(isWalletOf(wallet.userId, wallet.purpose), eq(wallets.status, 'pending')))
    if (wallet.purpose === 'treasury') {
      await addPayee({ db: tx, clock }, { accountId, kind: 'treasury', addedBy: `create-wallet ${wallet.userId}` })
    }
    return { ...wallet, status: 'active', accountId }
  })
}

/** Puts a new transaction in the place of one that has failed, unless somebody else has done so. */
async function renew(ctx: CwsContext, { userId, purpose, transactionId, publicKey }: Wallet): Promise<Wallet> {
  const next = await openAccountCreate(ctx, publicKey)
  const [renewed] = await ctx.db
    .update(wallets)
    .set(next)
    .where(and(isWalletOf(userId, purpose), eq(wallets.status, 'pending'), eq(wallets.transactionId, transactionId)))
    .returning()
  const wallet = renewed ?? (await findWallet(ctx.db, { user_id: userId, purpose }))
  if (!wallet) throw new Error(`the wallet of ${userId} is gone`)
  return wallet
}
