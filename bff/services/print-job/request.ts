import { and, desc, eq } from 'drizzle-orm'
import { preparations, printers, printJobs, purchases } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { PrintRequest, QueuedPrint } from '../../../schema/http/print-jobs.ts'
import type { Context, Queryable } from '../../context.ts'
import { requireSameUser, requireUser } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { wakePrinter } from '../../wake.ts'
import { idFor, oncePerOperation } from '../idempotency/index.ts'
import { appendMessage } from '../outbox/index.ts'
import { lockActivePrinter, requirePrinter } from '../printer/index.ts'
import { printRefusal, purchaseNotActive } from '../purchase/index.ts'
import { reserveRight } from './internal.ts'

/**
 * Prints a prepared purchase: for its owner, or for the printer that it is prepared for, when the owner allows that printer
 * to start prints. Repeating an `operationId` returns the same job.
 * Errors: not_found, forbidden, purchase_not_active, not_prepared, preparation_in_progress, gcode_expired,
 * printer_required, no_rights_left, attempts_exhausted.
 */
export async function requestPrint(ctx: Context, input: PrintRequest, operationId?: string): Promise<QueuedPrint> {
  const jobId = idFor(ctx, 'job', operationId)
  const queue = (userId: string, request: PrintRequest) =>
    oncePerOperation(
      operationId,
      () => findRequest(ctx, jobId),
      () => inTransaction(ctx, tx => queueJob(ctx, tx, userId, request, jobId)),
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

async function findRequest(ctx: Context, jobId: string): Promise<QueuedPrint | undefined> {
  const [job] = await ctx.db.select().from(printJobs).where(eq(printJobs.printJobId, jobId))
  return job && { status: job.status, print_job_id: jobId, purchase_id: job.purchaseId, printer_id: job.printerId }
}

/** Reserves one right, queues the job and wakes the printer, in the caller's transaction. Also used by print_immediately. */
export async function queueJob(
  ctx: Context,
  tx: Queryable,
  userId: string,
  input: { purchase_id: string; printer_id?: string | undefined },
  jobId = idFor(ctx, 'job', undefined),
): Promise<QueuedPrint> {
  const purchase = await activePurchase(tx, input.purchase_id, userId)
  const preparation = await newestPrepared(ctx, tx, input)
  await lockActivePrinter(tx, preparation.printerId)
  if (!(await reserveRight(tx, purchase.purchaseId, ctx.settings.attemptsLimit)))
    throw await refusal(ctx, tx, purchase.purchaseId)
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
  if (purchase.status !== 'active') throw purchaseNotActive(purchase)
  return purchase
}

/** The newest slice that can still be started. When several printers have one, the caller must name the printer. */
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
    throw new AppError('printer_required', 'This purchase is prepared for several printers. Set printer_id.')
  }
  if (ready[0]) return ready[0]
  if (rows.some(row => row.status === 'pending' || row.status === 'in_progress')) {
    throw new AppError(
      'preparation_in_progress',
      'This purchase is still being prepared. Wait until /api/prepare-status says completed.',
    )
  }
  if (rows.some(row => row.status === 'completed' || row.status === 'expired')) {
    throw new AppError('gcode_expired', 'The prepared G-code has expired. Prepare the purchase again.')
  }
  throw new AppError('not_prepared', 'This purchase is not prepared for a printer of yours. Prepare it first.')
}

async function refusal(ctx: Context, tx: Queryable, purchaseId: string): Promise<AppError> {
  const [now] = await tx.select().from(purchases).where(eq(purchases.purchaseId, purchaseId))
  const reason = now && printRefusal(now, ctx.settings.attemptsLimit)
  // A print may have ended between the two statements.
  return reason ?? new AppError('no_rights_left', 'No prints were left a moment ago. Try again.')
}
