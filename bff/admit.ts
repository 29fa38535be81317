import { and, eq, sql } from 'drizzle-orm'
import type { MiddlewareHandler } from 'hono'
import { sessions, users } from '../schema/db/bff/index.ts'
import { AppError } from '../schema/http/errors.ts'
import { buildOnce } from './build-once.ts'
import { type Context, requireService, requireUser } from './context.ts'
import type { AppEnv } from './env.ts'
import { printerActor } from './services/printer/index.ts'

/** The kinds of callers of an operation. The verb decides what each of them may do. */
export const callers = {
  anyone: () => {},
  user: requireAccount,
  printer: printerActor,
  'user or printer': (ctx: Context) => (ctx.actor?.kind === 'printer' ? printerActor(ctx) : requireAccount(ctx)),
  slicer: (ctx: Context) => requireService(ctx, ctx.settings.slicerServiceAccount),
  push: (ctx: Context) => requireService(ctx, ctx.settings.pushServiceAccount),
  scheduler: (ctx: Context) => requireService(ctx, ctx.settings.schedulerServiceAccount),
} as const satisfies Record<string, (ctx: Context) => unknown>
export type Caller = keyof typeof callers

/** Refuses other callers before the body is read. Errors: unauthenticated, forbidden. */
export function admit(caller: Caller): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await callers[caller](c.get('ctx'))
    return next()
  }
}

/**
 * Refuses an access token whose session has ended, or whose account does not exist (the database was restored from a backup or is
 * new).
 */
async function requireAccount(ctx: Context): Promise<void> {
  const { userId, sessionId } = requireUser(ctx)
  const [account] = await accountQuery(ctx.db).execute({ userId, sessionId: sessionId ?? '' })
  if (!account) throw new AppError('unauthenticated', 'The account of this token no longer exists. Log in again.')
  // Tokens of an earlier version name no session; they expire within an hour.
  if (sessionId && !account.sessionId) throw new AppError('unauthenticated', 'This session has ended. Log in again.')
}

const accountQuery = buildOnce(db => {
  const ofToken = and(eq(sessions.userId, users.userId), eq(sessions.sessionId, sql.placeholder('sessionId')))
  return db
    .select({ sessionId: sessions.sessionId })
    .from(users)
    .leftJoin(sessions, ofToken)
    .where(eq(users.userId, sql.placeholder('userId')))
    .prepare('account')
})
