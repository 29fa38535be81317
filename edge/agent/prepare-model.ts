import { idSchema } from '../../schema/http/ids.ts'
import { prepareRequest } from '../../schema/http/preparations.ts'
import type { AgentContext } from './context.ts'
import { idempotencyKey, parseParams, userOf, userToken } from './request.ts'

const request = prepareRequest.extend({
  token: userToken,
  user_id: idSchema('user').optional(),
  idempotency_key: idempotencyKey,
})

/**
 * Has a purchase of the person sliced, for this printer where no other is named. Costs the slicing fee, so the marketplace
 * takes it from their token alone. Errors: invalid_input, unauthenticated, forbidden, insufficient_funds, ...
 */
export async function prepareModel(ctx: AgentContext, params: unknown) {
  const { token, idempotency_key, ...wanted } = parseParams(request, params)
  const user_id = wanted.user_id ?? userOf(token)
  const printer_id = wanted.printer_id ?? ctx.store.identity()?.printer_id
  return ctx.marketplace.people.prepare(token, { ...wanted, user_id, printer_id }, idempotency_key)
}
