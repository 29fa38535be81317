import { eq } from 'drizzle-orm'
import { wallets } from '../../schema/db/cws.ts'
import type { CwsContext } from '../context.ts'
import { accountNotReady } from './account-not-ready.ts'
import { signWithWallet } from './sign-with-wallet.ts'
import type { ActiveWallet } from './wallet.ts'

const waitMs = 8000
const notReady = 'The account cannot hold PRINT yet.'

/**
 * Associates an account with PRINT, so that it can hold the token. Does nothing when it is associated already. The
 * transaction is not stored: after a crash the next call associates again, and the ledger's "already associated" counts as
 * success. Waits up to 8 s for the ledger.
 * Errors: ledger_unavailable, operator_account_empty.
 */
export async function associate(ctx: CwsContext, wallet: ActiveWallet): Promise<ActiveWallet> {
  const { printTokenId: tokenId } = ctx.settings
  const { accountId } = wallet
  if (!tokenId || wallet.tokenId === tokenId) return wallet
  const { bytes, transactionId } = await ctx.ledger.buildTokenAssociation({ accountId, tokenId })
  const sent = await ctx.ledger.submit(signWithWallet(ctx, bytes, wallet))
  if (sent.status === 'refused' || sent.status === 'unknown') throw accountNotReady(ctx, sent.reason, notReady)
  const receipt = await ctx.ledger.receipt(transactionId, waitMs)
  const isAssociated = receipt.status === 'settled' || receipt.reason === 'TOKEN_ALREADY_ASSOCIATED_TO_ACCOUNT'
  if (!isAssociated) throw accountNotReady(ctx, receipt.reason, notReady)
  await ctx.db.update(wallets).set({ tokenId }).where(eq(wallets.accountId, accountId))
  return { ...wallet, tokenId }
}
