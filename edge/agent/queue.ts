import { z } from 'zod'
import type { AgentContext } from './context.ts'
import { parseParams, requireIdentity, userToken } from './request.ts'
import { status } from './status.ts'

const request = z.object({ token: userToken.optional() })

const live: readonly string[] = ['queued', 'claimed', 'printing']

/**
 * The prints of this printer. Without a token: the same as in `status`, the current job and the undelivered reports. With a person's
 * token also their jobs that wait for this printer at the marketplace, oldest first.
 * Errors: invalid_input, unauthenticated, not_registered, marketplace_unavailable.
 */
export async function queue(ctx: AgentContext, params: unknown) {
  const { token } = parseParams(request, params)
  const { job, reports } = status(ctx)
  if (token === undefined) return { job, reports }
  const { printer_id } = requireIdentity(ctx)
  const jobs = await ctx.marketplace.people.printJobs(token, { printer_id, limit: 200 })
  return { job, reports, print_jobs: jobs.filter(one => live.includes(one.status)).reverse() }
}
