import { and, eq } from 'drizzle-orm'
import { sessions } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { type Context, requireUser } from '../../context.ts'

/** Ends every session of the user, including the current one. */
export async function endSessions(ctx: Context): Promise<void> {
  const { userId } = requireUser(ctx)
  await ctx.db.delete(sessions).where(eq(sessions.userId, userId))
}

/** Ends one session of the user. Errors: not_found. */
export async function endSession(ctx: Context, sessionId: string): Promise<void> {
  const { userId } = requireUser(ctx)
  const ended = await ctx.db
    .delete(sessions)
    .where(and(eq(sessions.sessionId, sessionId), eq(sessions.userId, userId)))
    .returning({ sessionId: sessions.sessionId })
  if (ended.length === 0) throw new AppError('not_found', `You have no session ${sessionId}.`)
}
