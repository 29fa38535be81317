import { z } from 'zod'
import { loginRequest, type SessionResponse } from '../../schema/http/auth.ts'
import { AppError, isAppError } from '../../schema/http/errors.ts'
import type { AgentContext } from './context.ts'
import { parseParams, userToken } from './request.ts'

const renewal = z.strictObject({ token: userToken })

/**
 * Logs a person in at the marketplace and returns their JWT, which the caller passes to the other methods. A valid token is exchanged
 * for a new one, without the password; an expired one is refused. A `device_token` in the answer, sent with the next log-in, spares this
 * client the lock that wrong passwords of strangers cause.
 * Errors: invalid_input, wrong_credentials, unauthenticated, too_many_requests, marketplace_unavailable.
 */
export async function loginUser(ctx: AgentContext, params: unknown) {
  const session = await openSession(ctx, params)
  ctx.sessions.keep(session)
  const { user_id, role, access_token, expires_in, device_token } = session
  const device = device_token === undefined ? {} : { device_token }
  return { status: 'logged_in', user_id, role, token: access_token, expires_in, ...device }
}

async function openSession(ctx: AgentContext, params: unknown): Promise<SessionResponse> {
  const renewalRequest = renewal.safeParse(params)
  if (!renewalRequest.success) return ctx.marketplace.people.login(parseParams(loginRequest, params))
  const { token } = renewalRequest.data
  const session = ctx.sessions.remove(token)
  if (!session)
    throw new AppError('unauthenticated', 'This session has ended, or was not started at this printer. Log in again.')
  try {
    return await ctx.marketplace.people.refresh(session.refreshToken)
  } catch (error) {
    // Only a refusal ends the session: after an outage the token can still be exchanged.
    if (!isAppError(error, 'unauthenticated')) ctx.sessions.putBack(token, session)
    throw error
  }
}
