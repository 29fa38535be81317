import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.remove_from_queue)

/**
 * Cancels a print job of the person at the marketplace, which gives the right back. A job that the printer already has ends at the
 * printer: see cancel_job. Errors: unauthenticated, not_found, job_ended, marketplace_unavailable.
 */
export async function removeFromQueue(ctx: AgentContext, params: unknown) {
  const { token, print_job_id } = parseParams(request, params)
  return ctx.marketplace.people.cancelJob(token, print_job_id)
}
