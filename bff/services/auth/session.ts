import { createHash } from 'node:crypto'
import { and, desc, eq, inArray } from 'drizzle-orm'
import { scaled } from '../../../runtime/time-scale.ts'
import { sessions, type users } from '../../../schema/db/bff/index.ts'
import type { Role, SessionResponse } from '../../../schema/http/auth.ts'
import { newId } from '../../../schema/http/ids.ts'
import type { Context, Queryable } from '../../context.ts'

/** A session ends after this time without a refresh. */
const sessionDays = 30

/** The client of a log-in request. */
export interface Caller {
  /** See runtime/client-network.ts. */
  network: string
  userAgent: string | null
}

type User = Pick<typeof users.$inferSelect, 'userId' | 'role'>

/**
 * Opens a session in a transaction that has locked the user's row. Above the limit, the least recently used sessions end. Refresh
 * tokens are stored as hashes: the first part identifies the session, the second part is new each time.
 */
export async function openSession(
  ctx: Context,
  tx: Queryable,
  user: User,
  userAgent: string | null,
): Promise<SessionResponse> {
  const sessionId = newId('session', ctx.random)
  const family = secret(ctx)
  const { refreshToken, fields } = nextToken(ctx, family)
  await tx.insert(sessions).values({
    ...fields,
    sessionId,
    userId: user.userId,
    familyHash: hashToken(family),
    userAgent,
    createdAt: fields.usedAt,
  })
  await endOldest(ctx, tx, user.userId)
  return describeSession(ctx, { ...user, sessionId, refreshToken })
}

/** The session's next refresh token, and the columns to store for it. */
export function nextToken(ctx: Context, family: string) {
  const refreshToken = `${family}.${secret(ctx)}`
  const usedAt = ctx.clock()
  const expiresAt = new Date(usedAt.getTime() + scaled(sessionDays * 24 * 3600_000, ctx.settings))
  return { refreshToken, fields: { tokenHash: hashToken(refreshToken), usedAt, expiresAt } }
}

export async function describeSession(
  ctx: Context,
  session: { userId: string; role: Role; sessionId: string; refreshToken: string },
): Promise<SessionResponse> {
  const { userId, role, sessionId, refreshToken } = session
  const { token, expiresIn } = await ctx.tokens.forUser(userId, role, sessionId)
  return {
    user_id: userId,
    role,
    access_token: token,
    token_type: 'Bearer',
    expires_in: expiresIn,
    refresh_token: refreshToken,
  }
}

/** The common first part of a session's refresh tokens. A token of an earlier version consists of this part only. */
export function familyOf(refreshToken: string): string {
  return refreshToken.split('.', 1)[0] ?? ''
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function secret(ctx: Context): string {
  return ctx.random(32).toString('base64url')
}

async function endOldest(ctx: Context, tx: Queryable, userId: string): Promise<void> {
  const ofUser = eq(sessions.userId, userId)
  const surplus = tx
    .select({ sessionId: sessions.sessionId })
    .from(sessions)
    .where(ofUser)
    .orderBy(desc(sessions.usedAt), desc(sessions.createdAt))
    .offset(ctx.settings.sessionsLimit)
  await tx.delete(sessions).where(and(ofUser, inArray(sessions.sessionId, surplus)))
}
