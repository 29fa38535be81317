import { and, eq, gt } from 'drizzle-orm'
import { sessions, users } from '../../../schema/db/bff/index.ts'
import type { RefreshRequest, SessionResponse } from '../../../schema/http/auth.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Context } from '../../context.ts'
import { describeSession, familyOf, hashToken, nextToken } from './session.ts'

/**
 * Changes a refresh token for the session's next one. A token that comes a second time was stolen, by whom nobody can tell:
 * its session ends. Both are single statements on the session's one row, so that whatever happens at once happens in turn.
 * Errors: unauthenticated.
 */
export async function refresh(ctx: Context, input: RefreshRequest): Promise<SessionResponse> {
  const family = familyOf(input.refresh_token)
  const isOfFamily = eq(sessions.familyHash, hashToken(family))
  const { refreshToken, fields } = nextToken(ctx, family)
  const isGood = and(eq(sessions.tokenHash, hashToken(input.refresh_token)), gt(sessions.expiresAt, fields.usedAt))
  const [session] = await ctx.db.update(sessions).set(fields).where(and(isOfFamily, isGood)).returning()
  if (!session) {
    await ctx.db.delete(sessions).where(isOfFamily)
    throw new AppError('unauthenticated', 'The refresh token is not valid any more: log in again.')
  }
  const [user] = await ctx.db.select({ role: users.role }).from(users).where(eq(users.userId, session.userId))
  if (!user) throw new Error(`session ${session.sessionId} has no user`)
  return describeSession(ctx, { ...session, role: user.role, refreshToken })
}
