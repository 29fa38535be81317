import { and, eq, isNull, sql } from 'drizzle-orm'
import { printJobs, purchases } from '../../../schema/db/bff.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { ReportRequest, ReportResponse } from '../../../schema/http/print-jobs.ts'
import type { Context, Queryable } from '../../context.ts'
import { appendLedgerEvent } from '../outbox/append.ts'
import { requirePrinter } from '../printer/internal.ts'
import { activeStates, jobOfPrinter, moveJob, type PrintJob, releaseRight, useRight } from './internal.ts'

/**
 * The printer tells how its job ended: success uses the right, failure gives it back. The first report wins; the same again
 * gets the same answer. Errors: not_found, forbidden, invalid_input, job_ended, outcome_conflict.
 */
export async function reportOutcome(ctx: Context, input: ReportRequest): Promise<ReportResponse> {
  const printer = await requirePrinter(ctx)
  return ctx.db.transaction(async tx => {
    const job = await jobOfPrinter(tx, input.print_job_id, printer.printerId)
    if (job.purchaseId !== input.purchase_id || job.userId !== input.user_id) {
      throw new AppError('invalid_input', 'purchase_id and user_id are not those of the print job.')
    }
    const ended = (await endActive(ctx, tx, job, input)) ?? (await endExpired(ctx, tx, job, input))
    if (ended) return answer(ended)
    const earlier = await jobOfPrinter(tx, job.printJobId, printer.printerId)
    if (!earlier.outcome) throw new AppError('job_ended', `Print job ${job.printJobId} has ended as ${earlier.status}.`)
    const isSame = input.status === (earlier.outcome === 'print_overrun' ? 'success' : earlier.outcome)
    if (isSame) return answer(earlier)
    throw new AppError('outcome_conflict', `Print job ${job.printJobId} was already reported as ${earlier.outcome}.`)
  })
}

async function endActive(ctx: Context, tx: Queryable, job: PrintJob, input: ReportRequest): Promise<PrintJob | null> {
  const ended = await moveJob(tx, job.printJobId, {
    from: activeStates,
    to: input.status,
    set: { ...told(ctx, input), outcome: input.status, endedAt: ctx.clock() },
  })
  if (!ended) return null
  if (input.status === 'success') await noteSuccess(ctx, tx, ended, await useRight(tx, ended))
  else await noteFailure(ctx, tx, ended)
  return ended
}

/** A job that we had given up gave its right back: a late success takes one again if one is left, else it is an overrun. */
async function endExpired(ctx: Context, tx: Queryable, job: PrintJob, input: ReportRequest): Promise<PrintJob | null> {
  const [ended] = await tx
    .update(printJobs)
    .set({ ...told(ctx, input), outcome: input.status })
    .where(and(eq(printJobs.printJobId, job.printJobId), eq(printJobs.status, 'expired'), isNull(printJobs.outcome)))
    .returning()
  if (!ended) return null
  if (input.status === 'failure') {
    await noteFailure(ctx, tx, ended, { keepsRight: true })
    return ended
  }
  const [used] = await tx
    .update(purchases)
    .set({ printsUsed: sql`${purchases.printsUsed} + 1`, attempts: 0 })
    .where(
      and(
        eq(purchases.purchaseId, job.purchaseId),
        sql`${purchases.printsUsed} + ${purchases.printsReserved} < ${purchases.printsAllowed}`,
      ),
    )
    .returning({ printsUsed: purchases.printsUsed })
  if (used) {
    await noteSuccess(ctx, tx, ended, used.printsUsed)
    return ended
  }
  const [overrun] = await tx
    .update(printJobs)
    .set({ outcome: 'print_overrun' })
    .where(eq(printJobs.printJobId, job.printJobId))
    .returning()
  return overrun ?? null
}

function told(ctx: Context, input: ReportRequest) {
  const isSuccess = input.status === 'success'
  return {
    error: isSuccess ? null : (input.error ?? 'The printer gave no reason.'),
    stats: input.stats ?? null,
    lastWordAt: ctx.clock(),
    ...(isSuccess ? { progress: 1 } : {}),
  }
}

async function noteSuccess(ctx: Context, tx: Queryable, job: PrintJob, printsUsed: number): Promise<void> {
  const { purchaseId, printJobId, printerId } = job
  await appendLedgerEvent(ctx, tx, {
    type: 'model_print',
    purchaseId,
    public: { purchase_id: purchaseId, print_job_id: printJobId },
    private: { printer_id: printerId, prints_used: printsUsed },
  })
}

async function noteFailure(ctx: Context, tx: Queryable, job: PrintJob, { keepsRight = false } = {}): Promise<void> {
  const { purchaseId, printJobId, printerId } = job
  if (!keepsRight) await releaseRight(tx, job)
  await appendLedgerEvent(ctx, tx, {
    type: 'print_failure',
    purchaseId,
    public: { purchase_id: purchaseId, print_job_id: printJobId },
    private: { printer_id: printerId, error: job.error ?? '' },
  })
}

function answer(job: PrintJob): ReportResponse {
  if (!job.outcome) throw new Error(`print job ${job.printJobId} has no outcome`)
  return {
    status: 'reported',
    purchase_id: job.purchaseId,
    print_job_id: job.printJobId,
    print_outcome: job.outcome,
  }
}
