import { and, eq, ne } from 'drizzle-orm'
import { preparations } from '../../../schema/db/bff/index.ts'
import type { SlicingResult } from '../../../schema/messages/slicing.ts'
import { type Context, type Queryable, requireService } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { completePreparation } from './complete.ts'
import { failPreparation } from './fail.ts'
import { deleteObject, gcodeUri, lockPrinterOf, movePreparation } from './internal.ts'
import { requestFee } from './request-fee.ts'

/**
 * Applies a slicing result. Only the attempt that holds the lease counts, and only once: the message may be repeated, and an
 * attempt that lost its lease may still finish. A slice is stored, then paid for, then released. The slicer parses hostile
 * input: a result that names an object other than its attempt's own (a model, another user's slice) is dropped.
 */
export async function receiveSlicingResult(ctx: Context, result: SlicingResult): Promise<void> {
  requireService(ctx, ctx.settings.pushServiceAccount)
  if (result.outcome === 'sliced' && result.gcode_gcs_uri !== gcodeUri(ctx, result.preparation_id, result.lease_id)) {
    ctx.log.error({ preparation_id: result.preparation_id }, 'a slicing result that names a foreign object is dropped')
    return
  }
  await inTransaction(ctx, async tx => {
    // What needs no fee is released, and perhaps queued, in the same transaction.
    await lockPrinterOf(tx, result.preparation_id)
    const isItsOwn = and(eq(preparations.leaseId, result.lease_id), ne(preparations.step, 'payment'))
    if (result.outcome === 'failed') {
      await failPreparation(ctx, tx, result.preparation_id, result, isItsOwn)
      return
    }
    const { totals, summary, engine, warnings } = result
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
    if (!stored) return dropUnlessKept(ctx, tx, result.preparation_id, result.gcode_gcs_uri)
    if (stored.slicingFee === 0n) return completePreparation(ctx, tx, stored.preparationId, null)
    await requestFee(ctx, tx, stored.preparationId, stored.purchaseId)
  })
}

/** Deletes the object of an attempt that no longer counts, unless the preparation uses it (a repeated message). */
async function dropUnlessKept(ctx: Context, tx: Queryable, preparationId: string, uri: string): Promise<void> {
  const [kept] = await tx
    .select({ uri: preparations.gcodeFileUrl })
    .from(preparations)
    .where(eq(preparations.preparationId, preparationId))
  if (kept?.uri !== uri) await deleteObject(ctx, tx, uri)
}
