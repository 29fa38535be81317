import { eq } from 'drizzle-orm'
import { refreshTokens } from '../../../schema/db/bff.ts'
import type { RefreshRequest } from '../../../schema/http/auth.ts'
import type { Context } from '../../context.ts'
import { hashToken } from './session.ts'

/** Ends the session that the refresh token belongs to. A token that is already gone is fine. */
export async function logout(ctx: Context, input: RefreshRequest): Promise<void> {
  const [row] = await ctx.db
    .select()
    .from(refreshTokens)
    .where(eq(refreshTokens.tokenHash, hashToken(input.refresh_token)))
  if (row) await ctx.db.delete(refreshTokens).where(eq(refreshTokens.family, row.family))
}
