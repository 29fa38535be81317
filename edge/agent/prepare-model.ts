import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { parseParams, userOf, withToken } from './request.ts'

const request = withToken(pageRequests.prepare_model)

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
