import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.prepare_status)

/** How the preparation of a purchase stands: steps, estimates, previews. Errors: unauthenticated, not_found, ... */
export async function prepareStatus(ctx: AgentContext, params: unknown) {
  const { token, purchase_id } = parseParams(request, params)
  return ctx.marketplace.people.prepareStatus(token, purchase_id)
}
