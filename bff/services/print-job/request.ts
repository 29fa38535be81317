import { and, desc, eq } from 'drizzle-orm'
import { preparations, printers, printJobs, purchases } from '../../../schema/db/bff.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { PrintRequest, PrintResponse } from '../../../schema/http/print-jobs.ts'
import type { Context, Queryable } from '../../context.ts'
import { requireSameUser, requireUser } from '../../context.ts'
import { idFor, onceAnOperation } from '../idempotency/operation.ts'
import { appendMessage } from '../outbox/append.ts'
import { holdPrinter, requirePrinter } from '../printer/internal.ts'
import { reserveRight, wakePrinter } from './internal.ts'

/**
 * A user prints what was prepared; a printer reprints what was prepared for it, when its owner allows that. The same
 * `operation` again finds the same job.
 * Errors: not_found, forbidden, purchase_not_active, not_prepared, preparation_in_progress, gcode_expired,
 * printer_required, no_rights_left, attempts_exhausted.
 */
export async function requestPrint(ctx: Context, input: PrintRequest, operation?: string): Promise<PrintResponse> {
  const jobId = idFor(ctx, 'job', operation)
  const queue = (userId: string, request: PrintRequest) =>
    onceAnOperation(
      operation,
      () => findRequest(ctx, jobId),
      () => ctx.db.transaction(tx => queueJob(ctx, tx, userId, request, jobId)),
    )
  if (ctx.actor?.kind === 'printer') {
    const printer = await requirePrinter(ctx)
    if (!printer.printerMayPrint)
      throw new AppError('forbidden', 'The owner has not allowed this printer to start prints.')
    const request = { ...input, printer_id: printer.printerId }
    return queue(printer.userId, request)
  }
  const { userId } = input.user_id ? requireSameUser(ctx, input.user_id) : requireUser(ctx)
  return queue(userId, input)
}

async function findRequest(ctx: Context, jobId: string): Promise<PrintResponse | undefined> {
  const [job] = await ctx.db.select().from(printJobs).where(eq(printJobs.printJobId, jobId))
  return job && { status: job.status, print_job_id: jobId, purchase_id: job.purchaseId, printer_id: job.printerId }
}

/** The transaction of it: reserves one right, queues the job, wakes the printer. Also what print_immediately does. */
export async function queueJob(
  ctx: Context,
  tx: Queryable,
  userId: string,
  input: { purchase_id: string; printer_id?: string | undefined },
  jobId = idFor(ctx, 'job', undefined),
): Promise<PrintResponse> {
  const purchase = await activePurchase(tx, input.purchase_id, userId)
  const preparation = await newestPrepared(ctx, tx, input)
  await holdPrinter(tx, preparation.printerId)
  if (!(await reserveRight(tx, purchase.purchaseId, ctx.settings.attemptsLimit))) throw refusal(ctx, purchase)
  const { preparationId, printerId } = preparation
  await tx.insert(printJobs).values({
    printJobId: jobId,
    purchaseId: purchase.purchaseId,
    preparationId,
    printerId,
    userId,
    status: 'queued',
    createdAt: ctx.clock(),
  })
  const message = { print_job_id: jobId, purchase_id: purchase.purchaseId, printer_id: printerId }
  await appendMessage(ctx, tx, {
    channel: 'print-jobs',
    type: 'print_job',
    purchaseId: purchase.purchaseId,
    payload: message,
  })
  await wakePrinter(tx, printerId)
  return { status: 'queued', ...message }
}

async function activePurchase(tx: Queryable, purchaseId: string, userId: string) {
  const [purchase] = await tx.select().from(purchases).where(eq(purchases.purchaseId, purchaseId))
  if (!purchase) throw new AppError('not_found', `There is no purchase ${purchaseId}.`)
  if (purchase.userId !== userId) throw new AppError('forbidden', 'That purchase belongs to somebody else.')
  if (purchase.status !== 'active') throw new AppError('purchase_not_active', 'The purchase is not paid.')
  return purchase
}

/** The newest slice that can still be started; of several printers' the caller must say which. */
async function newestPrepared(
  ctx: Context,
  tx: Queryable,
  input: { purchase_id: string; printer_id?: string | undefined },
) {
  const rows = await tx
    .select({
      preparationId: preparations.preparationId,
      printerId: preparations.printerId,
      status: preparations.status,
      expiry: preparations.gcodeTtlExpiry,
    })
    .from(preparations)
    .innerJoin(printers, and(eq(printers.printerId, preparations.printerId), eq(printers.status, 'active')))
    .where(
      and(
        eq(preparations.purchaseId, input.purchase_id),
        input.printer_id ? eq(preparations.printerId, input.printer_id) : undefined,
      ),
    )
    .orderBy(desc(preparations.createdAt))
    .limit(100)
  const now = ctx.clock()
  const ready = rows.filter(row => row.status === 'completed' && row.expiry && row.expiry > now)
  if (new Set(ready.map(row => row.printerId)).size > 1) {
    throw new AppError('printer_required', 'It is prepared for several printers: say which by printer_id.')
  }
  if (ready[0]) return ready[0]
  if (rows.some(row => row.status === 'pending' || row.status === 'in_progress')) {
    throw new AppError('preparation_in_progress', 'It is still being prepared: ask prepare-status.')
  }
  if (rows.some(row => row.status === 'completed' || row.status === 'expired')) {
    throw new AppError('gcode_expired', 'The prepared G-code has expired: prepare it again.')
  }
  throw new AppError('not_prepared', 'It is not prepared for a printer of yours: prepare it first.')
}

function refusal(ctx: Context, purchase: typeof purchases.$inferSelect): AppError {
  if (purchase.attempts >= ctx.settings.attemptsLimit) {
    const text = `${purchase.attempts} prints in a row did not succeed: ask the marketplace's support to release the purchase.`
    return new AppError('attempts_exhausted', text)
  }
  const { printsUsed, printsAllowed } = purchase
  const counts = `${printsUsed} of ${printsAllowed} used, the others in prints that run`
  const text = `No right to print is left (${counts}): buy the model again to print more.`
  return new AppError('no_rights_left', text)
}
