import { createHash } from 'node:crypto'
import type { users } from '../../../schema/db/bff/index.ts'
import type { Context } from '../../context.ts'

type User = Pick<typeof users.$inferSelect, 'userId' | 'passwordHash'>

/**
 * A token for a client that knew the password: sent with the next log-in, it keeps strangers' guesses from locking that out.
 * It opens nothing by itself, and is worth nothing once the password is another.
 */
export function deviceToken(ctx: Context, user: User, deviceId = ctx.random(12).toString('base64url')) {
  return ctx.tokens.forDevice({ sub: user.userId, device: deviceId, password: passwordTag(user) })
}

/** The id of the user's device that a token names; null for no token, or none of this user and password. */
export async function deviceOfToken(ctx: Context, token: string | undefined, user: User): Promise<string | null> {
  const claims = token === undefined ? null : await ctx.tokens.readDevice(token)
  return claims && claims.sub === user.userId && claims.password === passwordTag(user) ? claims.device : null
}

/** Tells one password from the next, and nothing of either. */
function passwordTag({ passwordHash }: User): string {
  return createHash('sha256').update(passwordHash).digest('base64url').slice(0, 16)
}
