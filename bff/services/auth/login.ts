import { eq } from 'drizzle-orm'
import { users } from '../../../schema/db/bff.ts'
import type { LoginRequest, SessionResponse } from '../../../schema/http/auth.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Context } from '../../context.ts'
import { holdUser } from '../user.ts'
import { noPassword, verifyPassword } from './password.ts'
import { type Caller, openSession } from './session.ts'
import { countTry, forgetTries } from './throttle.ts'

/** Anyone may try, a few times. Errors: wrong_credentials (the same for an unknown account), too_many_requests. */
export async function login(ctx: Context, input: LoginRequest, caller: Caller): Promise<SessionResponse> {
  const { address, userAgent } = caller
  await countTry(ctx, 'address', address)
  await countTry(ctx, 'account', input.email)
  const [user] = await ctx.db.select().from(users).where(eq(users.email, input.email))
  // An unknown account costs the same time as a known one, so that the answer's delay does not tell which exist.
  const isRight = await verifyPassword(input.password, user?.passwordHash ?? noPassword)
  if (!user || !isRight) throw wrong()
  await forgetTries(ctx, input.email, address)
  return ctx.db.transaction(async tx => {
    // The password may have been changed since it was looked at: a session of the old one must not outlive that.
    const { passwordHash } = await holdUser(tx, user.userId)
    if (passwordHash !== user.passwordHash) throw wrong()
    return openSession(ctx, tx, user, userAgent)
  })
}

function wrong(): AppError {
  return new AppError('wrong_credentials', 'E-mail address or password is wrong.')
}
