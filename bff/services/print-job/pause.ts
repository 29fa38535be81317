import { AppError } from '../../../schema/http/errors.ts'
import type { PrintJobResponse } from '../../../schema/http/print-jobs.ts'
import { type Context, requireUser } from '../../context.ts'
import { askPrinter, jobOfUser } from './internal.ts'
import { toPrintJobResponse } from './list.ts'

/**
 * Asks the printer to pause the print, and to keep it so until it is asked to resume; the printer's state is its own affair.
 * Errors: not_found, forbidden, job_not_printing, job_ended.
 */
export function pausePrintJob(ctx: Context, jobId: string): Promise<PrintJobResponse> {
  return wantPaused(ctx, jobId, true)
}

export async function wantPaused(ctx: Context, jobId: string, isWanted: boolean): Promise<PrintJobResponse> {
  const { userId } = requireUser(ctx)
  return ctx.db.transaction(async tx => {
    await jobOfUser(tx, jobId, userId)
    const asked = await askPrinter(tx, jobId, { pauseRequested: isWanted })
    if (asked) return toPrintJobResponse(asked)
    const { status } = await jobOfUser(tx, jobId, userId)
    if (status === 'queued') throw new AppError('job_not_printing', `Print job ${jobId} waits in the queue as it is.`)
    throw new AppError('job_ended', `Print job ${jobId} has already ended as ${status}.`)
  })
}
