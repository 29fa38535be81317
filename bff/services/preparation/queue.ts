import { and, eq, inArray } from 'drizzle-orm'
import { preparations, type publishedModels } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { livePreparationStates } from '../../../schema/http/preparations.ts'
import type { SlicingJob } from '../../../schema/messages/slicing.ts'
import type { Context, Queryable } from '../../context.ts'
import { appendMessage } from '../outbox/index.ts'
import { isBeingRefunded, lockPurchase, printRefusal, purchaseNotActive } from '../purchase/index.ts'
import type { Preparation } from './internal.ts'

type Row = typeof preparations.$inferInsert
/** The fields of a preparation that are decided before it is sliced. */
export type Wanted = Pick<Row, 'preparationId' | 'purchaseId' | 'printerId' | 'printProfileId'> &
  Pick<Row, 'slicingFee' | 'feeCurrency' | 'requestedEngine' | 'overrides' | 'printImmediately' | 'renews'>

/**
 * Stores a preparation with its message to the slicer. The caller has locked the printer.
 * Errors: purchase_not_active, no_rights_left, attempts_exhausted, preparation_in_progress.
 */
export async function queuePreparation(
  ctx: Context,
  tx: Queryable,
  wanted: Wanted,
  model: typeof publishedModels.$inferSelect,
): Promise<Preparation> {
  await requireNoLivePreparation(ctx, tx, wanted.purchaseId, wanted.printerId)
  const now = ctx.clock()
  const [preparation] = await tx
    .insert(preparations)
    .values({ ...wanted, status: 'pending', step: 'queued', warnings: [], createdAt: now, updatedAt: now })
    .returning()
  const job: SlicingJob = {
    purchase_id: wanted.purchaseId,
    preparation_id: wanted.preparationId,
    print_profile_id: wanted.printProfileId,
    printer_id: wanted.printerId,
    model_id: model.modelId,
    stl_gcs_uri: model.fileUrl,
    stl_dek: model.modelDek,
    stl_iv: model.modelFileIv,
    stl_mac: model.modelFileMac ?? '',
    stl_units: model.units,
  }
  await appendMessage(ctx, tx, {
    channel: 'slicing-jobs',
    type: 'slicing_job',
    purchaseId: wanted.purchaseId,
    payload: job,
  })
  return preparation!
}

/** Allows one live preparation for each purchase and printer. The row lock makes a double click one preparation. */
async function requireNoLivePreparation(
  ctx: Context,
  tx: Queryable,
  purchaseId: string,
  printerId: string,
): Promise<void> {
  // A refund or a print may have begun since the caller looked.
  const purchase = await lockPurchase(tx, purchaseId)
  if (!purchase) throw new AppError('not_found', `There is no purchase ${purchaseId}.`)
  if (purchase.status === 'active' && (await isBeingRefunded(tx, purchaseId))) throw purchaseNotActive(purchase)
  const refusal = printRefusal(purchase, ctx.settings.attemptsLimit)
  if (refusal) throw refusal
  const [running] = await tx
    .select({ id: preparations.preparationId })
    .from(preparations)
    .where(
      and(
        eq(preparations.purchaseId, purchaseId),
        eq(preparations.printerId, printerId),
        inArray(preparations.status, [...livePreparationStates]),
      ),
    )
  if (running)
    throw new AppError(
      'preparation_in_progress',
      `This purchase is already being prepared for that printer (${running.id}).`,
    )
}
