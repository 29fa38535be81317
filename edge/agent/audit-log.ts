import { z } from 'zod'
import { idSchema } from '../../schema/http/ids.ts'
import type { AgentContext } from './context.ts'
import { parseParams, userToken } from './request.ts'

const request = z.object({ token: userToken, purchase_id: idSchema('purchase') })

/**
 * What the public ledger has on one purchase of the person: payment and events, with the salts to check them without us.
 * Errors: invalid_input, unauthenticated, forbidden, not_found, marketplace_unavailable.
 */
export async function auditLog(ctx: AgentContext, params: unknown) {
  const { token, purchase_id } = parseParams(request, params)
  return ctx.marketplace.people.receipt(token, purchase_id)
}
