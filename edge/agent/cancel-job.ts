import type { AgentContext } from './context.ts'
import { jobInHand } from './job-in-hand.ts'

/** Cancels the job in hand, whether its print has begun or not. Errors: not_found. */
export function cancelJob(ctx: AgentContext, params: unknown) {
  const job = jobInHand(ctx, params)
  job.send({ kind: 'cancel-asked' })
  return { status: 'cancelling', print_job_id: job.id }
}
