import { eq } from 'drizzle-orm'
import type { MiddlewareHandler } from 'hono'
import { users } from '../schema/db/bff.ts'
import { AppError } from '../schema/http/errors.ts'
import { type Context, requireService, requireUser } from './context.ts'
import type { AppEnv } from './env.ts'
import { printerActor } from './services/printer/internal.ts'

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

/** A token outlives the account when the database was set back to an earlier state, or is a new one. */
async function requireAccount(ctx: Context): Promise<void> {
  const { userId } = requireUser(ctx)
  const [user] = await ctx.db.select({ userId: users.userId }).from(users).where(eq(users.userId, userId))
  if (!user) throw new AppError('unauthenticated', 'The account of this token no longer exists. Log in again.')
}
