import { and, eq } from 'drizzle-orm'
import { wallets } from '../../../schema/db/bff/index.ts'
import type { Context } from '../../context.ts'

type Purpose = typeof wallets.$inferSelect.purpose
type Accounts = Pick<Context, 'db' | 'cws' | 'clock' | 'settings'>

/** The account that a user pays from; made at the first use. Errors: cws_unavailable. */
export function walletOf(ctx: Accounts, userId: string): Promise<{ accountId: string }> {
  return accountOf(ctx, userId, 'wallet')
}

/** The account that receives what is paid for a designer's models; made at the first use. Errors: cws_unavailable. */
export function treasuryOf(ctx: Accounts, userId: string): Promise<{ accountId: string }> {
  return accountOf(ctx, userId, 'treasury')
}

/**
 * The CWS returns the same account for the same user and purpose, so repeated and concurrent calls are harmless. It is called
 * again for an account that cannot hold PRINT yet, when there is such a token.
 */
async function accountOf(ctx: Accounts, userId: string, purpose: Purpose): Promise<{ accountId: string }> {
  const { printTokenId } = ctx.settings
  const [known] = await ctx.db
    .select({ accountId: wallets.accountId, tokenId: wallets.tokenId })
    .from(wallets)
    .where(and(eq(wallets.userId, userId), eq(wallets.purpose, purpose)))
  if (known && (!printTokenId || known.tokenId === printTokenId)) return known
  const made = await ctx.cws.createWallet({ user_id: userId, purpose })
  const { account_id: accountId, token_id: tokenId } = made
  await ctx.db
    .insert(wallets)
    .values({ userId, purpose, accountId, tokenId, createdAt: ctx.clock() })
    .onConflictDoUpdate({ target: [wallets.userId, wallets.purpose], set: { tokenId } })
  return { accountId }
}
