import { eq } from 'drizzle-orm'
import { wallets } from '../../schema/db/cws.ts'
import type { CwsContext } from '../context.ts'
import { notYet } from './not-yet.ts'
import { signWithWallet } from './sign-with-wallet.ts'
import type { ActiveWallet } from './wallet.ts'

const waitMs = 8000
const sentence = 'The account cannot hold PRINT yet.'

/**
 * Lets an account hold PRINT, once. Nothing is stored before it is sent: associating again changes nothing, so whoever was
 * cut off asks again, and the ledger's "already" is as good as its yes.
 * Errors: ledger_unavailable, operator_account_empty.
 */
export async function associate(ctx: CwsContext, wallet: ActiveWallet): Promise<ActiveWallet> {
  const { printTokenId: tokenId } = ctx.settings
  const { accountId } = wallet
  if (!tokenId || wallet.tokenId === tokenId) return wallet
  const { bytes, transactionId } = await ctx.ledger.buildTokenAssociation({ accountId, tokenId })
  const sent = await ctx.ledger.submit(signWithWallet(ctx, bytes, wallet))
  if (sent.status === 'refused' || sent.status === 'unknown') throw notYet(ctx, sent.reason, sentence)
  const receipt = await ctx.ledger.receipt(transactionId, waitMs)
  const isThere = receipt.status === 'settled' || receipt.reason === 'TOKEN_ALREADY_ASSOCIATED_TO_ACCOUNT'
  if (!isThere) throw notYet(ctx, receipt.reason, sentence)
  await ctx.db.update(wallets).set({ tokenId }).where(eq(wallets.accountId, accountId))
  return { ...wallet, tokenId }
}
