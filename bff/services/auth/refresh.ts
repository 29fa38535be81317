import { and, eq, gt, isNull } from 'drizzle-orm'
import { refreshTokens, users } from '../../../schema/db/bff.ts'
import type { RefreshRequest, SessionResponse } from '../../../schema/http/auth.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Context } from '../../context.ts'
import { hashToken, openSession } from './session.ts'

/**
 * Changes a refresh token for a new session. A token that comes a second time was stolen, by whom nobody can tell: every
 * token of its family ends. Errors: unauthenticated.
 */
export async function refresh(ctx: Context, input: RefreshRequest): Promise<SessionResponse> {
  const tokenHash = hashToken(input.refresh_token)
  const now = ctx.clock()
  const session = await ctx.db.transaction(async tx => {
    const [used] = await tx
      .update(refreshTokens)
      .set({ usedAt: now })
      .where(
        and(eq(refreshTokens.tokenHash, tokenHash), isNull(refreshTokens.usedAt), gt(refreshTokens.expiresAt, now)),
      )
      .returning()
    if (!used) return endFamily()
    const [user] = await tx.select().from(users).where(eq(users.userId, used.userId))
    return user ? openSession(ctx, tx, user, used.family) : null

    async function endFamily(): Promise<null> {
      const [again] = await tx.select().from(refreshTokens).where(eq(refreshTokens.tokenHash, tokenHash))
      if (again) await tx.delete(refreshTokens).where(eq(refreshTokens.family, again.family))
      return null
    }
  })
  if (!session) throw new AppError('unauthenticated', 'The refresh token is not valid any more: log in again.')
  return session
}
