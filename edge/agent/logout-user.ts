import { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'
import type { AgentContext } from './context.ts'
import { parseParams, userToken } from './request.ts'

const request = z.object({ token: userToken })

/**
 * Ends the person's session at the marketplace, and removes it here also when the marketplace refuses or cannot be reached. The token
 * ends with the session.
 * Errors: invalid_input, unauthenticated (no such session here), marketplace_unavailable.
 */
export async function logoutUser(ctx: AgentContext, params: unknown) {
  const { token } = parseParams(request, params)
  const session = ctx.sessions.remove(token)
  if (!session) throw new AppError('unauthenticated', 'This session has ended, or was not started at this printer.')
  await ctx.marketplace.people.logout(session.refreshToken)
  return { status: 'logged_out' }
}
