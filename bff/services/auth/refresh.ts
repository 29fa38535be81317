import { and, eq, gt } from 'drizzle-orm'
import { sessions, users } from '../../../schema/db/bff/index.ts'
import type { RefreshRequest, SessionResponse } from '../../../schema/http/auth.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Context } from '../../context.ts'
import { describeSession, familyOf, hashToken, nextToken } from './session.ts'

/**
 * Replaces a refresh token by the session's next one. A token that is used twice was stolen, so its session ends. Both are single
 * statements on the session's row, so that concurrent requests run one after the other. Errors: unauthenticated.
 */
export async function refresh(ctx: Context, input: RefreshRequest): Promise<SessionResponse> {
  const family = familyOf(input.refresh_token)
  const isOfFamily = eq(sessions.familyHash, hashToken(family))
  const { refreshToken, fields } = nextToken(ctx, family)
  const isGood = and(eq(sessions.tokenHash, hashToken(input.refresh_token)), gt(sessions.expiresAt, fields.usedAt))
  const [session] = await ctx.db.update(sessions).set(fields).where(and(isOfFamily, isGood)).returning()
  if (!session) {
    await ctx.db.delete(sessions).where(isOfFamily)
    throw new AppError('unauthenticated', 'The refresh token is no longer valid. Log in again.')
  }
  const [user] = await ctx.db.select({ role: users.role }).from(users).where(eq(users.userId, session.userId))
  if (!user) throw new Error(`session ${session.sessionId} has no user`)
  return describeSession(ctx, { ...session, role: user.role, refreshToken })
}
