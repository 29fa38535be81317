import type { ReportRequest } from '../../../schema/http/print-jobs.ts'
import type { EdgeContext } from '../../context.ts'
import type { Outcome } from '../job/outcome.ts'
import type { JobRecord } from '../job/record.ts'

export interface ReportValues {
  claim: JobRecord['claim']
  outcome: Outcome
}

/** Puts the report of a print's outcome into the outbox, which delivers it also after a crash. Errors: those of the disk. */
export async function report(ctx: EdgeContext, { claim, outcome }: ReportValues): Promise<void> {
  const { user_id, purchase_id, print_job_id } = claim
  const { status, error, stats } = outcome
  ctx.log.info({ print_job_id, status, reason: stats?.reason }, 'the print has ended')
  const request: ReportRequest = {
    user_id,
    purchase_id,
    print_job_id,
    status,
    ...(error !== undefined && { error }),
    ...(stats && { stats }),
  }
  await ctx.outbox.add(request)
}
