import { and, eq, ne } from 'drizzle-orm'
import { preparations, purchases } from '../../../schema/db/bff/index.ts'
import { type SliceCopy, type SliceDetails, sliceDetails } from '../../../schema/http/slice.ts'
import type { SlicingResult } from '../../../schema/messages/slicing.ts'
import { type Context, type Queryable, requireService } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { copyUri, dropCopy, storeSlice } from '../sliced-cache/index.ts'
import { completePreparation } from './complete.ts'
import { failPreparation } from './fail.ts'
import { deleteObject, gcodeUri, lockPrinterOf, movePreparation, type Preparation } from './internal.ts'
import { storePreviews } from './previews.ts'
import { requestFee } from './request-fee.ts'

type Sliced = Extract<SlicingResult, { outcome: 'sliced' }>

/**
 * Applies a slicing result, once, and only from the attempt that holds the lease: messages are repeated, and an attempt that
 * lost its lease may still finish. A slice is stored, then paid for, then released. The slicer parses hostile input, so a
 * result that names an object not its attempt's own (a model, another user's slice) is dropped.
 */
export async function receiveSlicingResult(ctx: Context, result: SlicingResult): Promise<void> {
  requireService(ctx, ctx.settings.pushServiceAccount)
  if (result.outcome === 'sliced' && !namesOwnObjects(ctx, result)) {
    ctx.log.error(
      { preparation_id: result.preparation_id },
      "slicing result dropped: the object is not its attempt's own",
    )
    return
  }
  await inTransaction(ctx, async tx => {
    // Without a fee, the slice is released, and printed if requested, in the same transaction.
    await lockPrinterOf(tx, result.preparation_id)
    const isItsOwn = and(eq(preparations.leaseId, result.lease_id), ne(preparations.step, 'payment'))
    if (result.outcome === 'failed') {
      await failPreparation(ctx, tx, result.preparation_id, result, isItsOwn)
      return
    }
    const { totals, summary, engine, warnings, previews, copy } = result
    const stored = await movePreparation(ctx, tx, result.preparation_id, {
      from: ['in_progress'],
      to: 'in_progress',
      set: {
        step: 'payment',
        progress: 1,
        gcodeFileUrl: result.gcode_gcs_uri,
        psekEncryptedGcodeDek: result.psek_encrypted_gcode_dek,
        gcodeSize: result.size,
        gcodeSha256: result.sha256,
        thumbnail: Buffer.from(result.thumbnail, 'base64'),
        thumbnailSmall: Buffer.from(result.thumbnail_small, 'base64'),
        totals,
        summary,
        engine,
        warnings,
      },
      when: isItsOwn,
    })
    if (!stored) {
      if (copy) await dropCopy(ctx, tx, copy.gcs_uri)
      return dropUnlessKept(ctx, tx, result.preparation_id, result.gcode_gcs_uri)
    }
    await storePreviews(tx, stored.preparationId, previews)
    if (copy) await keepCopy(ctx, tx, stored, copy, sliceDetails.parse(result))
    if (result.from_cache) ctx.log.info({ preparation_id: stored.preparationId }, 'prepared from the cache')
    if (stored.slicingFee === 0n) return completePreparation(ctx, tx, stored.preparationId, null)
    await requestFee(ctx, tx, stored.preparationId, stored.purchaseId)
  })
}

function namesOwnObjects(ctx: Context, { preparation_id, lease_id, gcode_gcs_uri, copy }: Sliced): boolean {
  if (gcode_gcs_uri !== gcodeUri(ctx, preparation_id, lease_id)) return false
  return !copy || copy.gcs_uri === copyUri(ctx, { preparationId: preparation_id, leaseId: lease_id })
}

/** Lets later preparations of the same slice reuse it. */
async function keepCopy(
  ctx: Context,
  tx: Queryable,
  { purchaseId, sliceKey: key }: Preparation,
  copy: SliceCopy,
  details: SliceDetails,
): Promise<void> {
  const [purchase] = await tx.select().from(purchases).where(eq(purchases.purchaseId, purchaseId))
  if (purchase && key) await storeSlice(ctx, tx, { key, modelId: purchase.modelId, copy, details })
  else await dropCopy(ctx, tx, copy.gcs_uri)
}

/** Deletes the object of an attempt that no longer counts, unless the preparation uses it (a repeated message). */
async function dropUnlessKept(ctx: Context, tx: Queryable, preparationId: string, uri: string): Promise<void> {
  const [kept] = await tx
    .select({ uri: preparations.gcodeFileUrl })
    .from(preparations)
    .where(eq(preparations.preparationId, preparationId))
  if (kept?.uri !== uri) await deleteObject(ctx, tx, uri)
}
