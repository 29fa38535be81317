import { eq } from 'drizzle-orm'
import { users } from '../../../schema/db/bff.ts'
import type { LoginRequest, SessionResponse } from '../../../schema/http/auth.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Context } from '../../context.ts'
import { noPassword, verifyPassword } from './password.ts'
import { openSession } from './session.ts'
import { countTry, forgetTries } from './throttle.ts'

/** Anyone may try, a few times. Errors: wrong_credentials (the same for an unknown account), too_many_requests. */
export async function login(ctx: Context, input: LoginRequest, address: string): Promise<SessionResponse> {
  await countTry(ctx, 'address', address)
  await countTry(ctx, 'account', input.email)
  const [user] = await ctx.db.select().from(users).where(eq(users.email, input.email))
  // An unknown account costs the same time as a known one, so that the answer's delay does not tell which exist.
  const isRight = await verifyPassword(input.password, user?.passwordHash ?? noPassword)
  if (!user || !isRight) throw new AppError('wrong_credentials', 'E-mail address or password is wrong.')
  await forgetTries(ctx, input.email, address)
  return openSession(ctx, ctx.db, user)
}
