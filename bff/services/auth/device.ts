import { createHash } from 'node:crypto'
import type { users } from '../../../schema/db/bff/index.ts'
import type { Context } from '../../context.ts'

type User = Pick<typeof users.$inferSelect, 'userId' | 'passwordHash'>

/**
 * A token for a client that knew the password. Sent with the next log-in, it exempts that log-in from the limits that strangers'
 * guesses use up. It grants no access, and a password change invalidates it.
 */
export function deviceToken(ctx: Context, user: User, deviceId = ctx.random(12).toString('base64url')) {
  return ctx.tokens.forDevice({ sub: user.userId, device: deviceId, password: passwordTag(user) })
}

/** The device id of a token; null without a token, or if it is not for this user and password. */
export async function deviceOfToken(ctx: Context, token: string | undefined, user: User): Promise<string | null> {
  const claims = token === undefined ? null : await ctx.tokens.readDevice(token)
  return claims && claims.sub === user.userId && claims.password === passwordTag(user) ? claims.device : null
}

/** Identifies the present password without revealing it. */
function passwordTag({ passwordHash }: User): string {
  return createHash('sha256').update(passwordHash).digest('base64url').slice(0, 16)
}
