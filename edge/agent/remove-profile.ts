import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.remove_profile)

/** Removes a print profile of the person; prints that are prepared with it go on. Errors: unauthenticated, not_found, ... */
export async function removeProfile(ctx: AgentContext, params: unknown) {
  const { token, print_profile_id } = parseParams(request, params)
  await ctx.marketplace.people.removeProfile(token, print_profile_id)
  return { status: 'removed', print_profile_id }
}
