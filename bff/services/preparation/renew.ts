import { and, desc, eq, isNotNull } from 'drizzle-orm'
import { scaled } from '../../../runtime/time-scale.ts'
import { preparations, printers, publishedModels, purchases } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Context, Queryable } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { lockActivePrinter } from '../printer/index.ts'
import type { Preparation } from './internal.ts'
import { queuePreparation } from './queue.ts'

/** After a failure, the next attempt for the same purchase and printer waits this long. */
const pauseMs = 3600_000

/**
 * Prepares G-code that has expired again, with the same profile for the same printer, and prints it when it is ready. The fee of
 * the expired preparation, which was paid when it was sliced, covers this one. The caller has checked whose purchase it is.
 * Errors: purchase_not_active, no_rights_left, attempts_exhausted, printer_required, printer_revoked, gcode_expired (nothing to
 * renew, or the last attempt failed less than an hour ago), preparation_in_progress.
 */
export function renewPreparation(
  ctx: Context,
  input: { purchase_id: string; printer_id?: string | undefined },
  preparationId: string,
): Promise<Preparation> {
  return inTransaction(ctx, async tx => {
    const expired = await newestExpired(tx, input)
    await lockActivePrinter(tx, expired.printerId)
    await requireNoRecentFailure(ctx, tx, expired)
    const { purchaseId, printerId, printProfileId, feeCurrency, requestedEngine, overrides } = expired
    const [model] = await tx
      .select({ row: publishedModels })
      .from(publishedModels)
      .innerJoin(purchases, eq(purchases.modelId, publishedModels.modelId))
      .where(eq(purchases.purchaseId, purchaseId))
    const wanted = { preparationId, purchaseId, printerId, printProfileId, feeCurrency, requestedEngine, overrides }
    const renews = expired.renews ?? expired.preparationId
    return queuePreparation(ctx, tx, { ...wanted, slicingFee: 0n, renews, printImmediately: true }, model!.row)
  })
}

/** A slice that was released, so its fee was paid. Slices for removed printers do not count. */
async function newestExpired(
  tx: Queryable,
  input: { purchase_id: string; printer_id?: string | undefined },
): Promise<Preparation> {
  const rows = await tx
    .select({ id: preparations.preparationId, printerId: preparations.printerId })
    .from(preparations)
    .innerJoin(printers, and(eq(printers.printerId, preparations.printerId), eq(printers.status, 'active')))
    .where(
      and(
        eq(preparations.purchaseId, input.purchase_id),
        isNotNull(preparations.gcodeTtlExpiry),
        input.printer_id ? eq(preparations.printerId, input.printer_id) : undefined,
      ),
    )
    .orderBy(desc(preparations.createdAt))
    .limit(100)
  const [newest] = rows
  if (!newest) throw new AppError('gcode_expired', 'The prepared G-code has expired. Prepare the purchase again.')
  if (rows.some(({ printerId }) => printerId !== newest.printerId)) {
    throw new AppError('printer_required', 'This purchase was prepared for several printers. Set printer_id.')
  }
  const [row] = await tx.select().from(preparations).where(eq(preparations.preparationId, newest.id))
  return row!
}

/** Prevents a slice that fails each time from being made again at each click. */
async function requireNoRecentFailure(
  ctx: Context,
  tx: Queryable,
  { purchaseId, printerId }: Preparation,
): Promise<void> {
  const [last] = await tx
    .select()
    .from(preparations)
    .where(
      and(
        eq(preparations.purchaseId, purchaseId),
        eq(preparations.printerId, printerId),
        isNotNull(preparations.renews),
      ),
    )
    .orderBy(desc(preparations.createdAt))
    .limit(1)
  const isOver = !last || last.updatedAt.getTime() + scaled(pauseMs, ctx.settings) <= ctx.clock().getTime()
  if (isOver || last.status !== 'failed') return
  const text = `The prepared G-code has expired, and preparing it again has failed: ${last.error ?? last.errorCode}`
  throw new AppError('gcode_expired', `${text} Prepare it yourself, or try again in an hour.`)
}
