import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { describeJobs } from './describe-jobs.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.move_in_queue)

/**
 * Moves a job of the person among those that wait for their printer, and returns these in their new order. The printer's current job
 * stays first. Errors: unauthenticated, not_found, job_ended, marketplace_unavailable.
 */
export async function moveInQueue(ctx: AgentContext, params: unknown) {
  const { token, print_job_id, position } = parseParams(request, params)
  const { people } = ctx.marketplace
  const { print_jobs } = await describeJobs(people, token, people.moveJob(token, print_job_id, position))
  return { print_jobs }
}
