import { and, eq } from 'drizzle-orm'
import { resolveTransaction } from '../../ledger/resolve.ts'
import { wallets } from '../../schema/db/cws.ts'
import type { CwsContext } from '../context.ts'
import { addPayee } from '../payees/add-payee.ts'
import { accountNotReady } from './account-not-ready.ts'
import { signAccountCreate } from './sign-account-create.ts'
import { type ActiveWallet, byOwner, findWallet, isActive, type Wallet } from './wallet.ts'

const waitMs = 8000
const notReady = 'The account is still being created.'

/**
 * Sends the stored transaction of a pending wallet, or asks for its result, and activates the wallet. Concurrent calls are
 * safe: they send the same transaction, which the network executes once. A new transaction for the same key replaces it
 * only when it has certainly failed. Waits up to 8 s for the ledger.
 * Errors: ledger_unavailable, operator_account_empty.
 */
export async function settleWallet(ctx: CwsContext, pending: Wallet): Promise<ActiveWallet> {
  const outcome = await resolve(ctx, pending)
  if (outcome.status === 'pending') throw accountNotReady(ctx, outcome.reason, notReady)
  if (outcome.status === 'settled') return activate(ctx, pending, outcome.accountId)

  ctx.log.warn(
    { transaction_id: pending.transactionId, reason: outcome.reason },
    'the transaction that creates an account has failed',
  )
  const renewed = await renew(ctx, pending)
  if (isActive(renewed)) return renewed
  const retried = await resolve(ctx, renewed)
  if (retried.status !== 'settled') throw accountNotReady(ctx, retried.reason, notReady)
  return activate(ctx, renewed, retried.accountId)
}

function resolve({ ledger, clock }: CwsContext, { transactionId, signedBytes: bytes, validUntil }: Wallet) {
  return resolveTransaction(ledger, { transactionId, bytes, validUntil, now: clock(), waitMs })
}

/** Moves a wallet from pending to active, once. A treasury becomes a payee in the same transaction. */
async function activate(ctx: CwsContext, wallet: Wallet, accountId: string | undefined): Promise<ActiveWallet> {
  if (!accountId) throw new Error(`the ledger reports no account for transaction ${wallet.transactionId}`)
  return ctx.db.transaction(async tx => {
    const { clock } = ctx
    await tx
      .update(wallets)
      .set({ status: 'active', accountId, activeAt: clock() })
      .where(and(byOwner(wallet.userId, wallet.purpose), eq(wallets.status, 'pending')))
    if (wallet.purpose === 'treasury') {
      await addPayee({ db: tx, clock }, { accountId, kind: 'treasury', addedBy: `create-wallet ${wallet.userId}` })
    }
    return { ...wallet, status: 'active', accountId }
  })
}

/** Replaces a failed transaction by a new one, unless a concurrent call has already done so. */
async function renew(ctx: CwsContext, { userId, purpose, transactionId, publicKey }: Wallet): Promise<Wallet> {
  const next = await signAccountCreate(ctx, publicKey)
  const [renewed] = await ctx.db
    .update(wallets)
    .set(next)
    .where(and(byOwner(userId, purpose), eq(wallets.status, 'pending'), eq(wallets.transactionId, transactionId)))
    .returning()
  const wallet = renewed ?? (await findWallet(ctx.db, { user_id: userId, purpose }))
  if (!wallet) throw new Error(`the wallet of ${userId} no longer exists`)
  return wallet
}
