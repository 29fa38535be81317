import { and, eq } from 'drizzle-orm'
import type { MiddlewareHandler } from 'hono'
import { sessions, users } from '../schema/db/bff/index.ts'
import { AppError } from '../schema/http/errors.ts'
import { type Context, requireService, requireUser } from './context.ts'
import type { AppEnv } from './env.ts'
import { printerActor } from './services/printer/index.ts'

/** Who may call an operation. What they may do with it is the verb's to say. */
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

/** Refuses everyone else before anything of the body is read. Errors: unauthenticated, forbidden. */
export function admit(caller: Caller): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await callers[caller](c.get('ctx'))
    await next()
  }
}

/**
 * An access token is worth nothing once its session has ended. It outlives the account when the database was set back to an
 * earlier state, or is a new one.
 */
async function requireAccount(ctx: Context): Promise<void> {
  const { userId, sessionId } = requireUser(ctx)
  const isItsSession = and(eq(sessions.userId, users.userId), eq(sessions.sessionId, sessionId ?? ''))
  const [found] = await ctx.db
    .select({ sessionId: sessions.sessionId })
    .from(users)
    .leftJoin(sessions, isItsSession)
    .where(eq(users.userId, userId))
  if (!found) throw new AppError('unauthenticated', 'The account of this token no longer exists. Log in again.')
  // Tokens of an earlier version name no session; they end within the hour.
  if (sessionId && !found.sessionId) throw new AppError('unauthenticated', 'This session has ended. Log in again.')
}
