import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.wallet)

/** The person's account on the ledger and its balances. Errors: unauthenticated, cws_unavailable, ledger_unavailable, ... */
export async function wallet(ctx: AgentContext, params: unknown) {
  const { token } = parseParams(request, params)
  return ctx.marketplace.people.wallet(token)
}
