import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.model)

/** A model for sale. Errors: invalid_input, not_found, marketplace_unavailable. */
export async function model(ctx: AgentContext, params: unknown) {
  const { token, model_id } = parseParams(request, params)
  return ctx.marketplace.people.model(token, model_id)
}
