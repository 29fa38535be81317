import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { requireOwner } from './owner.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.security_log)

/**
 * The security log of this printer, newest first, for its owner; while it is not registered, for everyone with an account.
 * Errors: invalid_input, unauthenticated, forbidden, marketplace_unavailable.
 */
export async function securityLog(ctx: AgentContext, params: unknown) {
  const { token, ...query } = parseParams(request, params)
  await requireOwner(ctx, token, 'Only the owner of this printer may see its security log.')
  const entries = await ctx.securityLog.list(query)
  const last = entries.at(-1)?.number ?? 1
  return { entries, before: entries.length === query.limit && last > 1 ? last : null }
}
