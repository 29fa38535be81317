import { and, desc, eq, gt } from 'drizzle-orm'
import { sessions } from '../../../schema/db/bff/index.ts'
import type { SessionEntry } from '../../../schema/http/auth.ts'
import { type Context, requireUser } from '../../context.ts'

/** The user's sessions, most recently used first. */
export async function listSessions(ctx: Context): Promise<SessionEntry[]> {
  const { userId, sessionId } = requireUser(ctx)
  const rows = await ctx.db
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, userId), gt(sessions.expiresAt, ctx.clock())))
    .orderBy(desc(sessions.usedAt))
    .limit(ctx.settings.sessionsLimit)
  return rows.map(row => ({
    session_id: row.sessionId,
    user_agent: row.userAgent,
    created_at: row.createdAt.toISOString(),
    last_used_at: row.usedAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    is_current: row.sessionId === sessionId,
  }))
}
