import { eq, type SQL } from 'drizzle-orm'
import { printJobs } from '../../../schema/db/bff/index.ts'
import type { ProgressRequest, ProgressResponse } from '../../../schema/http/print-jobs.ts'
import { activeJobStates } from '../../../schema/http/print-jobs.ts'
import type { Context } from '../../context.ts'
import { requirePrinter } from '../printer/index.ts'
import { type JobChange, jobOfPrinter, moveJob, type PrintJob, requireHolder } from './internal.ts'

/**
 * Records the progress that the printer reports and renews its lease; moves the job to printing once the printer runs its
 * lines. The answer says whether a cancel or a pause is requested, and whether the job has ended.
 * Errors: not_found, forbidden, job_claimed_elsewhere.
 */
export async function recordProgress(ctx: Context, jobId: string, input: ProgressRequest): Promise<ProgressResponse> {
  const printer = await requirePrinter(ctx)
  const job = await jobOfPrinter(ctx.db, jobId, printer.printerId)
  // The UPDATE itself checks the holder: another boot may take the job over at any moment.
  const when = eq(printJobs.bootNonce, input.boot_nonce)
  const now = ctx.clock()
  const fields = {
    progress: input.progress,
    printerState: input.printer_state ?? null,
    printerMessage: input.printer_message ?? null,
    lastWordAt: now,
    leaseUntil: new Date(now.getTime() + ctx.settings.jobLeaseSeconds * 1000),
  }
  const moved = input.is_printing
    ? await moveJob(ctx.db, jobId, {
        from: activeJobStates,
        to: 'printing',
        set: { ...fields, startedAt: job.startedAt ?? now },
        when,
      })
    : await renewActive(ctx, job, fields, when)
  const current = moved ?? (await jobOfPrinter(ctx.db, jobId, printer.printerId))
  requireHolder(current, input.boot_nonce)
  return { status: current.status, cancel_requested: current.cancelRequested, pause_requested: current.pauseRequested }
}

/** Records that the job is alive; an ended job is not changed. */
async function renewActive(ctx: Context, job: PrintJob, set: JobChange, when: SQL): Promise<PrintJob | null> {
  if (!activeJobStates.some(state => state === job.status)) return null
  return moveJob(ctx.db, job.printJobId, { from: [job.status], to: job.status, set, when })
}
