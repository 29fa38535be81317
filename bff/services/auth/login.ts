import { eq } from 'drizzle-orm'
import { users } from '../../../schema/db/bff/index.ts'
import type { LoginRequest, SessionResponse } from '../../../schema/http/auth.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Context } from '../../context.ts'
import { countUse, resetUses, type Use, undoUses } from '../throttle.ts'
import { lockUserRow } from '../user.ts'
import { deviceOfToken, deviceToken } from './device.ts'
import { noPassword, verifyPassword } from './password.ts'
import { type Caller, openSession } from './session.ts'

/**
 * Logs a user in, with a limited number of tries. Tries from other networks do not lock out the user's own network or a device that
 * logged in before. Errors: wrong_credentials (also for an unknown account), too_many_requests.
 */
export async function login(ctx: Context, input: LoginRequest, caller: Caller): Promise<SessionResponse> {
  const [user] = await ctx.db.select().from(users).where(eq(users.email, input.email))
  const deviceId = user ? await deviceOfToken(ctx, input.device_token, user) : null
  const [own, ...shared] = usesOf(input.email, caller.network, deviceId)
  // In this order: a try that exceeds its network's limit is not counted for the account.
  for (const use of [own, ...shared]) await countUse(ctx, use)
  // An unknown account takes as long as a known one, so that the delay does not reveal which accounts exist.
  const isRight = await verifyPassword(input.password, user?.passwordHash ?? noPassword(ctx.settings.passwordCost))
  if (!user || !isRight) throw wrong()
  await resetUses(ctx, own)
  await undoUses(ctx, shared)
  const session = await ctx.db.transaction(async tx => {
    // The password may have changed since it was verified: then the old one must not open a session.
    const { passwordHash } = await lockUserRow(tx, user.userId)
    if (passwordHash !== user.passwordHash) throw wrong()
    return openSession(ctx, tx, user, caller.userAgent)
  })
  return { ...session, device_token: await deviceToken(ctx, user, deviceId ?? undefined) }
}

/** The uses that one try counts for. */
function usesOf(email: string, network: string, deviceId: string | null): [Use, ...Use[]] {
  if (deviceId) return [{ kind: 'device', name: deviceId }]
  return [
    { kind: 'guess', name: `${email} ${network}` },
    { kind: 'network', name: network },
    { kind: 'account', name: email },
  ]
}

function wrong(): AppError {
  return new AppError('wrong_credentials', 'E-mail address or password is wrong.')
}
