import { and, eq } from 'drizzle-orm'
import { wallets } from '../../schema/db/cws.ts'
import type { CreateWalletRequest } from '../../schema/http/cws.ts'
import type { Queryable } from '../context.ts'

export type Wallet = typeof wallets.$inferSelect
export type ActiveWallet = Wallet & { accountId: string }

export function isActive(wallet: Wallet): wallet is ActiveWallet {
  return wallet.status === 'active'
}

/** The context that a wallet's wrapped key is bound to: a key copied to another user's row cannot be opened. */
export function keyContextOf({ purpose, userId }: Pick<Wallet, 'purpose' | 'userId'>): string {
  return `wallet:${purpose}:${userId}`
}

/** The wallet of a user and purpose, pending or active; undefined when there is none. */
export async function findWallet(db: Queryable, request: CreateWalletRequest): Promise<Wallet | undefined> {
  const [wallet] = await db.select().from(wallets).where(byOwner(request.user_id, request.purpose))
  return wallet
}

/** The condition for the row of one user and purpose. */
export function byOwner(userId: string, purpose: Wallet['purpose']) {
  return and(eq(wallets.userId, userId), eq(wallets.purpose, purpose))
}
