import type { PrintJobResponse } from '../../../schema/http/print-jobs.ts'
import { type Context, requireUser } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { jobNotActive, jobOfUser, moveJob, releaseRight, requestOfPrinter } from './internal.ts'
import { toPrintJobResponse } from './list.ts'

/**
 * Ends a queued job at once. For an active job, asks the printer to end it: the printer's report then decides the outcome.
 * Errors: not_found, forbidden, job_ended.
 */
export async function cancelPrintJob(ctx: Context, jobId: string): Promise<PrintJobResponse> {
  const { userId } = requireUser(ctx)
  return inTransaction(ctx, async tx => {
    await jobOfUser(tx, jobId, userId)
    const ended = await moveJob(tx, jobId, {
      from: ['queued'],
      to: 'cancelled',
      set: { endedAt: ctx.clock(), error: 'Cancelled before the printer claimed it.' },
    })
    if (ended) {
      await releaseRight(tx, ended)
      return toPrintJobResponse(ended)
    }
    const asked = await requestOfPrinter(tx, jobId, { cancelRequested: true })
    if (asked) return toPrintJobResponse(asked)
    throw jobNotActive(await jobOfUser(tx, jobId, userId))
  })
}
