import { AppError } from '../../../schema/http/errors.ts'
import type { PrintJobResponse } from '../../../schema/http/print-jobs.ts'
import { type Context, requireUser } from '../../context.ts'
import { jobNotActive, jobOfUser, requestOfPrinter } from './internal.ts'
import { toPrintJobResponse } from './list.ts'

/**
 * Asks the printer to pause the print and to keep it paused until a resume. The answer says what was requested; the
 * printer's next report says whether the print is paused.
 * Errors: not_found, forbidden, job_not_printing, job_ended.
 */
export function pausePrintJob(ctx: Context, jobId: string): Promise<PrintJobResponse> {
  return setPauseRequested(ctx, jobId, true)
}

export async function setPauseRequested(ctx: Context, jobId: string, isWanted: boolean): Promise<PrintJobResponse> {
  const { userId } = requireUser(ctx)
  return ctx.db.transaction(async tx => {
    await jobOfUser(tx, jobId, userId)
    const asked = await requestOfPrinter(tx, jobId, { pauseRequested: isWanted })
    if (asked) return toPrintJobResponse(asked)
    const job = await jobOfUser(tx, jobId, userId)
    if (job.status !== 'queued') throw jobNotActive(job)
    const wish = isWanted ? 'pause' : 'resume'
    throw new AppError('job_not_printing', `Print job ${jobId} has not started, so there is nothing to ${wish}.`)
  })
}
