import { loginRequest } from '../../schema/http/auth.ts'
import type { EdgeContext } from '../context.ts'
import { parseParams } from './request.ts'
import type { Sessions } from './sessions.ts'

/**
 * Logs a person in at the marketplace and gives back their JWT, which the caller passes to the other methods.
 * Errors: invalid_input, wrong_credentials, too_many_requests, marketplace_unavailable.
 */
export async function loginUser(ctx: EdgeContext, sessions: Sessions, params: unknown) {
  const session = await ctx.marketplace.login(parseParams(loginRequest, params))
  sessions.keep(session)
  const { user_id, role, access_token, expires_in } = session
  return { status: 'logged_in', user_id, role, token: access_token, expires_in }
}
