import { and, asc, eq, inArray } from 'drizzle-orm'
import { printJobs } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { activeJobStates } from '../../../schema/http/print-jobs.ts'
import type { Context, Queryable } from '../../context.ts'
import { appendLedgerEvent } from '../outbox/index.ts'
import { closeGrants, moveJob, releaseRight } from './internal.ts'

/**
 * Ends the jobs of a printer that is being removed: cancels its queued jobs and, with `force`, fails its active ones. Locks
 * them in the order of their purchases, as every removal does: otherwise two removals at once could deadlock.
 * Errors: printer_busy.
 */
export async function endJobsOfPrinter(
  ctx: Context,
  tx: Queryable,
  printerId: string,
  { force }: { force: boolean },
): Promise<void> {
  const jobs = await tx
    .select()
    .from(printJobs)
    .where(and(eq(printJobs.printerId, printerId), inArray(printJobs.status, ['queued', ...activeJobStates])))
    .orderBy(asc(printJobs.purchaseId), asc(printJobs.printJobId))
    .for('update')
  const end = { endedAt: ctx.clock(), error: 'The printer was removed from the marketplace.' }
  for (const job of jobs) {
    if (job.status === 'queued') {
      const ended = await moveJob(tx, job.printJobId, { from: ['queued'], to: 'cancelled', set: end })
      if (ended) await releaseRight(tx, ended)
      continue
    }
    if (!force) {
      const advice = 'Cancel it and wait until it has ended, or remove the printer with force.'
      throw new AppError('printer_busy', `The printer has print job ${job.printJobId} (${job.status}). ${advice}`)
    }
    const ended = await moveJob(tx, job.printJobId, {
      from: activeJobStates,
      to: 'failure',
      set: { ...end, outcome: 'failure' },
    })
    if (!ended) continue
    await closeGrants(ctx, tx, ended)
    await releaseRight(tx, ended)
    await appendLedgerEvent(ctx, tx, {
      type: 'print_failure',
      purchaseId: job.purchaseId,
      public: { purchase_id: job.purchaseId, print_job_id: job.printJobId },
      private: { printer_id: printerId, error: end.error },
    })
  }
}
