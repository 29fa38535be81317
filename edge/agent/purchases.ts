import { z } from 'zod'
import type { AgentContext } from './context.ts'
import { parseParams, userToken } from './request.ts'

const request = z.object({ token: userToken })

/** The purchases of the user, newest first, with the rights that remain. Errors: invalid_input, unauthenticated, ... */
export async function purchases(ctx: AgentContext, params: unknown) {
  const { token } = parseParams(request, params)
  return ctx.marketplace.people.purchases(token)
}
