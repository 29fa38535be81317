import { and, eq, isNull, sql } from 'drizzle-orm'
import { printJobs, purchases } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { PrintOutcome, ReportRequest, ReportResponse } from '../../../schema/http/print-jobs.ts'
import { activeJobStates } from '../../../schema/http/print-jobs.ts'
import type { Context, Queryable } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { appendLedgerEvent } from '../outbox/index.ts'
import { requirePrinter } from '../printer/index.ts'
import { closeGrants, jobNotActive, jobOfPrinter, moveJob, type PrintJob, releaseRight, useRight } from './internal.ts'

/** What a report does to the purchase's right. */
type Decision = Exclude<PrintOutcome, 'print_overrun'>

/**
 * Records the outcome that the printer reports: a success uses the right, a failure gives it back, and a cancel near the
 * print's end counts as the operator's setting CANCELLED_COUNTS_FROM says. The first report decides; repeating it returns
 * the same answer.
 * Errors: not_found, forbidden, invalid_input, job_ended, outcome_conflict.
 */
export async function reportOutcome(ctx: Context, input: ReportRequest): Promise<ReportResponse> {
  const printer = await requirePrinter(ctx)
  return inTransaction(ctx, async tx => {
    const job = await jobOfPrinter(tx, input.print_job_id, printer.printerId)
    if (job.purchaseId !== input.purchase_id || job.userId !== input.user_id) {
      throw new AppError('invalid_input', `purchase_id and user_id are not those of print job ${job.printJobId}.`)
    }
    const decision = decideOutcome(ctx, job, input)
    const ended = (await endActive(ctx, tx, job, input, decision)) ?? (await endExpired(ctx, tx, job, input, decision))
    if (ended) return toResponse(ended)
    const earlier = await jobOfPrinter(tx, job.printJobId, printer.printerId)
    if (!earlier.outcome) throw jobNotActive(earlier)
    if (input.status === reportedAs(earlier.outcome)) return toResponse(earlier)
    throw new AppError('outcome_conflict', `Print job ${job.printJobId} was already reported as ${earlier.outcome}.`)
  })
}

/** A cancelled print counts as used from the progress CANCELLED_COUNTS_FROM on. The printer has no say in it. */
function decideOutcome(ctx: Context, job: PrintJob, { status, stats }: ReportRequest): Decision {
  const { cancelledCountsFrom: from } = ctx.settings
  if (status === 'success' || stats?.reason !== 'cancelled' || from === null) return status
  // The progress reported during the print counts, too: a report cannot lower it.
  return Math.max(stats.progress ?? 0, job.progress) >= from ? 'cancelled_used' : status
}

function reportedAs(outcome: PrintOutcome): ReportRequest['status'] {
  return outcome === 'success' || outcome === 'print_overrun' ? 'success' : 'failure'
}

async function endActive(
  ctx: Context,
  tx: Queryable,
  job: PrintJob,
  input: ReportRequest,
  decision: Decision,
): Promise<PrintJob | null> {
  const ended = await moveJob(tx, job.printJobId, {
    from: activeJobStates,
    to: input.status,
    set: { ...reportedFields(ctx, input, decision), outcome: decision, endedAt: ctx.clock() },
  })
  if (!ended) return null
  await closeGrants(ctx, tx, ended)
  if (decision === 'failure') {
    await releaseRight(tx, ended)
    await appendFailureEvent(ctx, tx, ended)
  } else {
    await appendPrintEvent(ctx, tx, ended, await useRight(tx, ended))
  }
  return ended
}

/** An expired job has released its right, so a late success uses a free right. When none is left, it is an overrun. */
async function endExpired(
  ctx: Context,
  tx: Queryable,
  job: PrintJob,
  input: ReportRequest,
  decision: Decision,
): Promise<PrintJob | null> {
  const [ended] = await tx
    .update(printJobs)
    .set({ ...reportedFields(ctx, input, decision), outcome: decision })
    .where(and(eq(printJobs.printJobId, job.printJobId), eq(printJobs.status, 'expired'), isNull(printJobs.outcome)))
    .returning()
  if (!ended) return null
  const used = decision === 'failure' ? null : await useFreeRight(tx, job.purchaseId)
  if (used !== null) {
    await appendPrintEvent(ctx, tx, ended, used)
    return ended
  }
  if (decision === 'success') return updateJob(tx, ended, { outcome: 'print_overrun' })
  const failed = await updateJob(tx, ended, { outcome: 'failure', error: failureReason(input) })
  await appendFailureEvent(ctx, tx, failed)
  return failed
}

/** Uses a right that no job holds. Returns the number of used rights, or null when none was left. */
async function useFreeRight(tx: Queryable, purchaseId: string): Promise<number | null> {
  const [used] = await tx
    .update(purchases)
    .set({ printsUsed: sql`${purchases.printsUsed} + 1`, attempts: 0 })
    .where(
      and(
        eq(purchases.purchaseId, purchaseId),
        sql`${purchases.printsUsed} + ${purchases.printsReserved} < ${purchases.printsAllowed}`,
      ),
    )
    .returning({ printsUsed: purchases.printsUsed })
  return used?.printsUsed ?? null
}

async function updateJob(tx: Queryable, job: PrintJob, fields: Partial<PrintJob>): Promise<PrintJob> {
  await tx.update(printJobs).set(fields).where(eq(printJobs.printJobId, job.printJobId))
  return { ...job, ...fields }
}

function reportedFields(ctx: Context, input: ReportRequest, decision: Decision) {
  const errors = {
    success: null,
    failure: failureReason(input),
    cancelled_used: `${failureReason(input)} The print was nearly finished, so it counts as used.`,
  }
  return {
    error: errors[decision],
    stats: input.stats ?? null,
    lastWordAt: ctx.clock(),
    ...(decision === 'success' ? { progress: 1 } : {}),
  }
}

function failureReason({ error }: ReportRequest): string {
  return error ?? 'The printer reported no reason.'
}

/** Records the used right on the ledger. For a cancelled print, the event's private part says so on the receipt. */
async function appendPrintEvent(ctx: Context, tx: Queryable, job: PrintJob, printsUsed: number): Promise<void> {
  const { purchaseId, printJobId, printerId, error } = job
  await appendLedgerEvent(ctx, tx, {
    type: 'model_print',
    purchaseId,
    public: { purchase_id: purchaseId, print_job_id: printJobId },
    private: { printer_id: printerId, prints_used: printsUsed, ...(error === null ? {} : { error }) },
  })
}

async function appendFailureEvent(ctx: Context, tx: Queryable, job: PrintJob): Promise<void> {
  const { purchaseId, printJobId, printerId } = job
  await appendLedgerEvent(ctx, tx, {
    type: 'print_failure',
    purchaseId,
    public: { purchase_id: purchaseId, print_job_id: printJobId },
    private: { printer_id: printerId, error: job.error ?? '' },
  })
}

function toResponse(job: PrintJob): ReportResponse {
  if (!job.outcome) throw new Error(`print job ${job.printJobId} has no outcome`)
  return {
    status: 'reported',
    purchase_id: job.purchaseId,
    print_job_id: job.printJobId,
    print_outcome: job.outcome,
  }
}
