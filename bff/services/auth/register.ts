import { users } from '../../../schema/db/bff/index.ts'
import type { RegisterRequest, SessionResponse } from '../../../schema/http/auth.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { newId } from '../../../schema/http/ids.ts'
import type { Context } from '../../context.ts'
import { countUse } from '../throttle.ts'
import { deviceToken } from './device.ts'
import { hashPassword } from './password.ts'
import { type Caller, openSession } from './session.ts'

/** Creates an account and logs the user in. Errors: email_taken, too_many_requests. */
export async function register(ctx: Context, input: RegisterRequest, caller: Caller): Promise<SessionResponse> {
  await countUse(ctx, { kind: 'registration', name: caller.network })
  const passwordHash = await hashPassword(input.password, { random: ctx.random, cost: ctx.settings.passwordCost })
  return ctx.db.transaction(async tx => {
    const [user] = await tx
      .insert(users)
      .values({
        userId: newId('user', ctx.random),
        email: input.email,
        passwordHash,
        role: input.role,
        createdAt: ctx.clock(),
      })
      .onConflictDoNothing()
      .returning()
    if (!user) throw new AppError('email_taken', 'There is an account with this e-mail address: log in.')
    const session = await openSession(ctx, tx, user, caller.userAgent)
    return { ...session, device_token: await deviceToken(ctx, user) }
  })
}
