import { change } from '../print/job/state.ts'
import type { AgentContext } from './context.ts'
import { jobInHand } from './job-in-hand.ts'

/** Cancels the job in hand, whether its print has begun or not. Errors: not_found. */
export function cancelJob(ctx: AgentContext, params: unknown) {
  const job = jobInHand(ctx, params)
  change(job, { isCancelWanted: true })
  return { status: 'cancelling', print_job_id: job.id }
}
