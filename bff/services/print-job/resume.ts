import type { PrintJobResponse } from '../../../schema/http/print-jobs.ts'
import type { Context } from '../../context.ts'
import { setPauseRequested } from './pause.ts'

/**
 * Withdraws a pause request: the printer resumes a print that this request paused.
 * Errors: not_found, forbidden, job_not_printing, job_ended.
 */
export function resumePrintJob(ctx: Context, jobId: string): Promise<PrintJobResponse> {
  return setPauseRequested(ctx, jobId, false)
}
