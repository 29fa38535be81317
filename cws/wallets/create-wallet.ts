import { newPrivateKey, publicKeyOf } from '../../ledger/keys.ts'
import { wallets } from '../../schema/db/cws.ts'
import type { CreateWalletRequest, CreateWalletResponse } from '../../schema/http/cws.ts'
import { type CwsContext, requireService } from '../context.ts'
import { sealBlob } from '../keys/blob.ts'
import { associate } from './associate.ts'
import { settleWallet } from './settle-wallet.ts'
import { signAccountCreate } from './sign-account-create.ts'
import { findWallet, isActive, keyContextOf, type Wallet } from './wallet.ts'

/**
 * Returns a user's ledger account for a purpose and creates it at the first call. The same request returns the same account,
 * even when two requests are concurrent or an earlier one was interrupted. A new account is empty. Where PRINT is
 * configured, the account is associated with it, also an account that was created before.
 * Errors: forbidden, ledger_unavailable (call again to continue), operator_account_empty.
 */
export async function createWallet(ctx: CwsContext, request: CreateWalletRequest): Promise<CreateWalletResponse> {
  ctx.setSubject(`${request.purpose}:${request.user_id}`)
  requireService(ctx, ctx.settings.bffServiceAccount)
  const wallet = (await findWallet(ctx.db, request)) ?? (await storeNewWallet(ctx, request))
  const active = isActive(wallet) ? wallet : await settleWallet(ctx, wallet)
  const { accountId, publicKey, tokenId } = await associate(ctx, active)
  return { account_id: accountId, public_key: publicKey, token_id: tokenId }
}

/**
 * Stores a new key with the signed transaction that will create its account; sends nothing. Of two concurrent calls the
 * second returns the wallet of the first.
 */
async function storeNewWallet(ctx: CwsContext, { user_id: userId, purpose }: CreateWalletRequest): Promise<Wallet> {
  const privateKey = newPrivateKey(ctx.random)
  try {
    const publicKey = publicKeyOf(privateKey)
    const row = {
      userId,
      purpose,
      status: 'pending' as const,
      publicKey,
      wrappedKey: sealBlob(ctx.keyring, keyContextOf({ purpose, userId }), privateKey, ctx.random),
      ...(await signAccountCreate(ctx, publicKey)),
      createdAt: ctx.clock(),
    }
    const [stored] = await ctx.db.insert(wallets).values(row).onConflictDoNothing().returning()
    const wallet = stored ?? (await findWallet(ctx.db, { user_id: userId, purpose }))
    if (!wallet) throw new Error(`the wallet of ${userId} could neither be stored nor read`)
    return wallet
  } finally {
    privateKey.fill(0)
  }
}
