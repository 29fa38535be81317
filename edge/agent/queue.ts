import { z } from 'zod'
import type { AgentContext } from './context.ts'
import { describeJobs, isLive } from './describe-jobs.ts'
import { parseParams, requireIdentity, userToken } from './request.ts'
import { status } from './status.ts'

const request = z.object({ token: userToken.optional() })

/**
 * The prints of this printer. Without a token: the same as in `status`, the current job and the undelivered reports. With a person's
 * token also their jobs at the marketplace for this printer that have not ended, the next one first.
 * Errors: invalid_input, unauthenticated, not_registered, marketplace_unavailable.
 */
export async function queue(ctx: AgentContext, params: unknown) {
  const { token } = parseParams(request, params)
  const { job, reports } = status(ctx)
  if (token === undefined) return { job, reports }
  const { printer_id } = requireIdentity(ctx)
  const { people } = ctx.marketplace
  const jobs = people.printJobs(token, { printer_id, limit: 200 })
  const { print_jobs } = await describeJobs(people, token, jobs)
  const waiting = print_jobs.filter(isLive).sort((a, b) => placeOf(a).localeCompare(placeOf(b)))
  return { job, reports, print_jobs: waiting }
}

/** Sorts the job that the printer has before those that wait, and these by their place in the queue. */
function placeOf({
  status,
  queued_at,
  created_at,
}: {
  status: string
  queued_at?: unknown
  created_at?: unknown
}): string {
  return `${status === 'queued' ? 1 : 0} ${queued_at ?? created_at}`
}
