import type { ClaimedJob } from '../../../schema/http/print-jobs.ts'
import type { EdgeContext } from '../../context.ts'
import { renewToken } from '../../marketplace/renew-token.ts'

/**
 * Claims a job again that an earlier run of the edge had claimed, or whose lease another run has. Null: the marketplace has another
 * job for this printer, or none. Errors: job_claimed_elsewhere while another run has the lease, and those of the marketplace.
 */
export async function claim(ctx: EdgeContext, { id }: { id: string }, signal: AbortSignal): Promise<ClaimedJob | null> {
  await renewToken(ctx)
  const claimed = await ctx.marketplace.getPrintJob(0, signal)
  return claimed?.print_job_id === id ? claimed : null
}
