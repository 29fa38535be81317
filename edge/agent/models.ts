import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.models)

/** Models for sale, newest first. Errors: invalid_input, marketplace_unavailable. */
export async function models(ctx: AgentContext, params: unknown) {
  const { token, ...query } = parseParams(request, params)
  return ctx.marketplace.people.models(token, query)
}
