import { eq } from 'drizzle-orm'
import { sessions } from '../../../schema/db/bff/index.ts'
import type { RefreshRequest } from '../../../schema/http/auth.ts'
import type { Context } from '../../context.ts'
import { familyOf, hashToken } from './session.ts'

/** Ends the session of the refresh token, if it has not ended already. */
export async function logout(ctx: Context, input: RefreshRequest): Promise<void> {
  await ctx.db.delete(sessions).where(eq(sessions.familyHash, hashToken(familyOf(input.refresh_token))))
}
