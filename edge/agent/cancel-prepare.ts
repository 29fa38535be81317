import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.cancel_prepare)

/** Cancels a preparation that is being sliced, without a fee. Errors: unauthenticated, not_found, preparation_ended, ... */
export async function cancelPrepare(ctx: AgentContext, params: unknown) {
  const { token, preparation_id } = parseParams(request, params)
  return ctx.marketplace.people.cancelPrepare(token, preparation_id)
}
