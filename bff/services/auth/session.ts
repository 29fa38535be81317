import { createHash } from 'node:crypto'
import { scaled } from '../../../runtime/time-scale.ts'
import { refreshTokens } from '../../../schema/db/bff.ts'
import type { Role, SessionResponse } from '../../../schema/http/auth.ts'
import type { Context, Queryable } from '../../context.ts'

const refreshDays = 30

/** Opens a session, or goes on with the `family` of an earlier one. The refresh token is stored as a hash only. */
export async function openSession(
  ctx: Context,
  tx: Queryable,
  user: { userId: string; role: Role },
  family = ctx.random(16).toString('hex'),
): Promise<SessionResponse> {
  const refreshToken = ctx.random(32).toString('base64url')
  await tx.insert(refreshTokens).values({
    tokenHash: hashToken(refreshToken),
    userId: user.userId,
    family,
    expiresAt: new Date(ctx.clock().getTime() + scaled(refreshDays * 24 * 3600_000, ctx.settings)),
  })
  const { token, expiresIn } = await ctx.tokens.forUser(user.userId, user.role)
  return {
    user_id: user.userId,
    role: user.role,
    access_token: token,
    token_type: 'Bearer',
    expires_in: expiresIn,
    refresh_token: refreshToken,
  }
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
