import { and, eq } from 'drizzle-orm'
import { wallets } from '../../schema/db/cws.ts'
import type { CreateWalletRequest } from '../../schema/http/cws.ts'
import type { Queryable } from '../context.ts'

export type Wallet = typeof wallets.$inferSelect
export type ActiveWallet = Wallet & { accountId: string }

export function isActive(wallet: Wallet): wallet is ActiveWallet {
  return wallet.status === 'active'
}

/** What a wallet's wrapped key is bound to: one moved to another user's row does not open. */
export function keyContextOf({ purpose, userId }: Pick<Wallet, 'purpose' | 'userId'>): string {
  return `wallet:${purpose}:${userId}`
}

export async function findWallet(db: Queryable, request: CreateWalletRequest): Promise<Wallet | undefined> {
  const [wallet] = await db.select().from(wallets).where(isWalletOf(request.user_id, request.purpose))
  return wallet
}

export function isWalletOf(userId: string, purpose: Wallet['purpose']) {
  return and(eq(wallets.userId, userId), eq(wallets.purpose, purpose))
}
