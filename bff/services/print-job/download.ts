import { AppError } from '../../../schema/http/errors.ts'
import { activeJobStates } from '../../../schema/http/print-jobs.ts'
import type { Context } from '../../context.ts'
import { type Download, openGcode } from '../preparation/index.ts'
import { requirePrinter } from '../printer/index.ts'
import { jobOfPrinter } from './internal.ts'

/**
 * Streams the sealed G-code of the printer's own active job, whole or one range.
 * Errors: not_found, forbidden, job_ended, gcode_expired, range_not_satisfiable.
 */
export async function downloadGcode(ctx: Context, jobId: string, range: string | undefined): Promise<Download> {
  const printer = await requirePrinter(ctx)
  const job = await jobOfPrinter(ctx.db, jobId, printer.printerId)
  if (!activeJobStates.some(state => state === job.status)) {
    throw new AppError('job_ended', `Print job ${jobId} is ${job.status}: there is nothing to download.`)
  }
  return openGcode(ctx, job.preparationId, range)
}
