import { newPrivateKey, publicKeyOf } from '../../ledger/keys.ts'
import { wallets } from '../../schema/db/cws.ts'
import type { CreateWalletRequest, CreateWalletResponse } from '../../schema/http/cws.ts'
import { type CwsContext, requireService } from '../context.ts'
import { sealBlob } from '../keys/blob.ts'
import { associate } from './associate.ts'
import { openAccountCreate } from './open-account-create.ts'
import { settleWallet } from './settle-wallet.ts'
import { findWallet, isActive, keyContextOf, type Wallet } from './wallet.ts'

/**
 * Gives a user's ledger account for a purpose, making it at the first call. The same request gives the same account, also
 * when two come at once, or when an earlier one was cut off anywhere. A new account is empty,
 * and can hold PRINT, where there is such a token: so can an older one, once it was asked for again.
 * Errors: forbidden, ledger_unavailable (ask again: what was begun is continued).
 */
export async function createWallet(ctx: CwsContext, request: CreateWalletRequest): Promise<CreateWalletResponse> {
  ctx.concerns(`${request.purpose}:${request.user_id}`)
  requireService(ctx, ctx.settings.bffServiceAccount)
  const found = (await findWallet(ctx.db, request)) ?? (await beginWallet(ctx, request))
  const made = isActive(found) ? found : await settleWallet(ctx, found)
  const { accountId, publicKey, tokenId } = await associate(ctx, made)
  return { account_id: accountId, public_key: publicKey, token_id: tokenId }
}

/** Stores a new key with the signed transaction that will make its account; nothing is sent. Who is later takes the first's. */
async function beginWallet(ctx: CwsContext, { user_id: userId, purpose }: CreateWalletRequest): Promise<Wallet> {
  const privateKey = newPrivateKey(ctx.random)
  try {
    const publicKey = publicKeyOf(privateKey)
    const row = {
      userId,
      purpose,
      status: 'pending' as const,
      publicKey,
      wrappedKey: sealBlob(ctx.keyring, keyContextOf({ purpose, userId }), privateKey, ctx.random),
      ...(await openAccountCreate(ctx, publicKey)),
      createdAt: ctx.clock(),
    }
    const [stored] = await ctx.db.insert(wallets).values(row).onConflictDoNothing().returning()
    const wallet = stored ?? (await findWallet(ctx.db, { user_id: userId, purpose }))
    if (!wallet) throw new Error(`the wallet of ${userId} was neither stored nor found`)
    return wallet
  } finally {
    privateKey.fill(0)
  }
}
