import type { AgentContext } from './context.ts'
import { requireJob } from './require-job.ts'

/** Cancels the current job, whether its print has begun or not. The cancel survives a restart. Errors: not_found. */
export async function cancelJob(ctx: AgentContext, params: unknown) {
  const job = requireJob(ctx, params)
  await job.cancel()
  return { status: 'cancelling', print_job_id: job.id }
}
