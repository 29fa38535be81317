import { and, eq } from 'drizzle-orm'
import { sessions, users } from '../../../schema/db/bff/index.ts'
import type { ChangePasswordRequest, SessionResponse } from '../../../schema/http/auth.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { type Context, requireUser } from '../../context.ts'
import { countUse } from '../throttle.ts'
import { deviceToken } from './device.ts'
import { hashPassword, verifyPassword } from './password.ts'
import { type Caller, openSession } from './session.ts'

/**
 * Changes the user's password: ends every session and opens a new one for the caller. A concurrent log-in with the old password opens
 * none. Errors: wrong_credentials, too_many_requests.
 */
export async function changePassword(
  ctx: Context,
  input: ChangePasswordRequest,
  { userAgent }: Caller,
): Promise<SessionResponse> {
  const { userId } = requireUser(ctx)
  const wrong = () => new AppError('wrong_credentials', 'The current password is wrong.')
  await countUse(ctx, { kind: 'change-password', name: userId })
  const [user] = await ctx.db.select().from(users).where(eq(users.userId, userId))
  if (!user || !(await verifyPassword(input.current_password, user.passwordHash))) throw wrong()
  const passwordHash = await hashPassword(input.new_password, { random: ctx.random, cost: ctx.settings.passwordCost })
  const session = await ctx.db.transaction(async tx => {
    const changed = await tx
      .update(users)
      .set({ passwordHash })
      .where(and(eq(users.userId, userId), eq(users.passwordHash, user.passwordHash)))
      .returning({ userId: users.userId })
    // A concurrent request has changed it.
    if (changed.length === 0) throw wrong()
    await tx.delete(sessions).where(eq(sessions.userId, userId))
    return openSession(ctx, tx, user, userAgent)
  })
  return { ...session, device_token: await deviceToken(ctx, { userId, passwordHash }) }
}
