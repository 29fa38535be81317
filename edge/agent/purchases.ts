import { pageRequests } from '../../schema/page/requests.ts'
import type { PreparedFacts } from '../marketplace/prepared-list.ts'
import type { AgentContext } from './context.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.purchases)

/**
 * The purchases of the person, newest first, with the rights that remain; `ready` says which of them are prepared for this printer.
 * Errors: invalid_input, unauthenticated, marketplace_unavailable.
 */
export async function purchases(ctx: AgentContext, params: unknown) {
  const { token, ...query } = parseParams(request, params)
  const answer = await ctx.marketplace.people.purchases(token, query)
  const prepared = ctx.prepared.facts()
  const ready = answer.purchases.flatMap(({ purchase_id }) => {
    const facts = prepared.get(purchase_id)
    return facts ? [{ purchase_id, ...readyFacts(facts) }] : []
  })
  return { ...answer, ready }
}

function readyFacts({ preparation_id, totals, profile_name }: PreparedFacts) {
  return {
    preparation_id,
    estimated_seconds: totals.estimated_time_s,
    filament_mm: totals.filament_mm,
    layers: totals.layers,
    profile_name: profile_name ?? null,
  }
}
