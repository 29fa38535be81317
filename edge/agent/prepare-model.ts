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
 * Prepares (slices) a purchase of the person, by default for this printer. This costs the slicing fee, so the marketplace requires the
 * person's token. Errors: invalid_input, unauthenticated, forbidden, insufficient_funds, ...
 */
export async function prepareModel(ctx: AgentContext, params: unknown) {
  const { token, idempotency_key, ...wanted } = parseParams(request, params)
  const user_id = wanted.user_id ?? userOf(token)
  const printer_id = wanted.printer_id ?? ctx.store.identity()?.printer_id
  return ctx.marketplace.people.prepare(token, { ...wanted, user_id, printer_id }, idempotency_key)
}
