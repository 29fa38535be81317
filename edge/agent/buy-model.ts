import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { parseParams, userOf, withToken } from './request.ts'

const request = withToken(pageRequests.buy_model)

/**
 * Buys the person the right to print a model, paid from their wallet. The same idempotency_key buys once. `pending`: the ledger has
 * not answered yet. Errors: invalid_input, unauthenticated, license_not_offered, currency_not_accepted, insufficient_funds, ...
 */
export async function buyModel(ctx: AgentContext, params: unknown) {
  const { token, idempotency_key, ...wanted } = parseParams(request, params)
  return ctx.marketplace.people.buy(token, { ...wanted, user_id: wanted.user_id ?? userOf(token) }, idempotency_key)
}
