import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.purchase)

/** A purchase of the person. Errors: invalid_input, unauthenticated, not_found, marketplace_unavailable. */
export async function purchase(ctx: AgentContext, params: unknown) {
  const { token, purchase_id } = parseParams(request, params)
  return ctx.marketplace.people.purchase(token, purchase_id)
}
