import { pageRequests } from '../../schema/page/requests.ts'
import { config } from './config.ts'
import type { AgentContext } from './context.ts'
import { requireOwner } from './owner.ts'
import { parseParams, requireIdentity, userOf, withToken } from './request.ts'

/** Strict: a misspelt option, or one that cannot change at run time, is an error. */
const request = withToken(pageRequests.set_config).refine(
  ({ token: _token, ...options }) => Object.values(options).some(value => value !== undefined),
  { error: `must name one of ${Object.keys(pageRequests.set_config.shape).join(', ')}` },
)

/**
 * Changes options of the edge for the printer's owner, from the next job on and across restarts; null resets an option to the
 * configuration. A job that already waits for its start at the printer goes on waiting.
 * Errors: invalid_input, not_registered, unauthenticated, forbidden, marketplace_unavailable.
 */
export async function setConfig(ctx: AgentContext, params: unknown) {
  const { token, ...changed } = parseParams(request, params)
  requireIdentity(ctx)
  await requireOwner(ctx, token, 'Only the owner of this printer may change its settings.')
  await ctx.settings.change(changed)
  ctx.log.info(changed, 'the settings were changed')
  for (const option of Object.keys(changed)) {
    ctx.securityLog.add({ event: 'settings_changed', user_id: userOf(token), details: { option } })
  }
  return config(ctx)
}
