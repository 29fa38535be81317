import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import { preparations, printers, printJobs } from '../../../schema/db/bff.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { activeJobStates } from '../../../schema/http/print-jobs.ts'
import { type Context, type Queryable, requireUser } from '../../context.ts'
import { appendLedgerEvent } from '../outbox/append.ts'
import { deleteGcode, noPictures } from '../preparation/internal.ts'
import { closeGrants, moveJob, releaseRight } from '../print-job/internal.ts'
import { type Printer, printerOfUser, requirePrinter } from './internal.ts'

/**
 * A user removes a printer, or it removes itself (its host has just been registered anew, perhaps by somebody else): its token
 * and key are worth nothing from now on, what waits for it is cancelled, what was prepared for it expires.
 * Errors: not_found, forbidden, printer_revoked, printer_busy (an active job, unless `force`, which fails it).
 */
export async function removePrinter(ctx: Context, printerId: string, { force }: { force: boolean }): Promise<void> {
  await ctx.db.transaction(async tx => {
    const printer = await removablePrinter(ctx, tx, printerId)
    // First of all: whoever queues or prepares for it holds the row, and sees afterwards that it is gone.
    const revoked = await tx
      .update(printers)
      .set({ status: 'revoked', tokenVersion: sql`${printers.tokenVersion} + 1`, updatedAt: ctx.clock() })
      .where(and(eq(printers.printerId, printerId), eq(printers.status, 'active')))
      .returning({ printerId: printers.printerId })
    if (revoked.length === 0) throw new AppError('not_found', `There is no printer ${printerId}.`)
    await endJobs(ctx, tx, printer, force)
    await endPreparations(ctx, tx, printer)
    await appendLedgerEvent(ctx, tx, {
      type: 'printer_revoked',
      public: { printer_id: printerId },
      private: { user_id: printer.userId },
    })
  })
}

async function removablePrinter(ctx: Context, tx: Queryable, printerId: string): Promise<Printer> {
  if (ctx.actor?.kind !== 'printer') return printerOfUser(tx, printerId, requireUser(ctx).userId)
  const printer = await requirePrinter(ctx, tx)
  if (printer.printerId === printerId) return printer
  throw new AppError('forbidden', 'A printer removes itself, and no other.')
}

/** In the order of their purchases, as every removal takes them: two at once would otherwise wait for each other's. */
async function endJobs(ctx: Context, tx: Queryable, printer: Printer, force: boolean): Promise<void> {
  const jobs = await tx
    .select()
    .from(printJobs)
    .where(and(eq(printJobs.printerId, printer.printerId), inArray(printJobs.status, ['queued', ...activeJobStates])))
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
      private: { printer_id: printer.printerId, error: end.error },
    })
  }
}

async function endPreparations(ctx: Context, tx: Queryable, printer: Printer): Promise<void> {
  const ofPrinter = eq(preparations.printerId, printer.printerId)
  const now = ctx.clock()
  const expired = await tx
    .update(preparations)
    .set({ ...noPictures, status: 'expired', updatedAt: now })
    .where(and(ofPrinter, eq(preparations.status, 'completed')))
    .returning()
  // One whose fee is being paid ends by itself: a payment that was sent cannot be called back.
  const cancelled = await tx
    .update(preparations)
    .set({ ...noPictures, status: 'cancelled', error: 'The printer was removed.', updatedAt: now })
    .where(
      and(ofPrinter, inArray(preparations.status, ['pending', 'in_progress']), sql`${preparations.step} <> 'payment'`),
    )
    .returning()
  for (const preparation of [...expired, ...cancelled]) await deleteGcode(ctx, tx, preparation)
}
