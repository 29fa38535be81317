import { wipe } from '../../schema/gcode/keys.ts'
import { resealContainer } from '../../schema/gcode/reseal.ts'
import type { StartPreparationResponse } from '../../schema/http/preparations.ts'
import type { Context } from '../context.ts'
import { openKey } from '../model/fetch-model.ts'
import { madeBy } from './made-by.ts'
import type { Work } from './slice-and-seal.ts'
import { type SealedSlice, uploadContainer } from './upload-sealed.ts'

/**
 * Seals the cached slice of the same model and settings again, for this preparation and under its key. Returns null when there
 * is none, when another build made it, or when it cannot be read: the preparation is then sliced. Errors: the signal's reason.
 */
export async function reuseSlice(
  ctx: Context,
  started: StartPreparationResponse,
  { engine, dek, signal }: Pick<Work, 'engine' | 'dek' | 'signal'>,
): Promise<SealedSlice | null> {
  const hit = started.cache?.hit
  if (hit?.copy.made_by !== madeBy(ctx, engine)) return null
  try {
    const copyDek = await openKey(ctx, started.cws_token, hit.copy.wrapped_dek, signal)
    try {
      const container = resealContainer(ctx.storage.open(hit.copy.gcs_uri, { signal }), {
        // The marketplace stored the hash: the printer of the first preparation knows the copy's key, so a valid seal alone does
        // not prove that the object is still ours.
        from: { dek: copyDek, sha256: hit.copy.sha256 },
        dek,
        purchaseId: started.purchase_id,
        preparationId: started.preparation_id,
        randomBytes: ctx.random,
        clock: () => ctx.clock().getTime(),
      })
      const stored = await uploadContainer(ctx, started, container, signal)
      return { object: { ...stored, totals: hit.details.totals }, details: hit.details }
    } finally {
      wipe(copyDek)
    }
  } catch (error) {
    signal.throwIfAborted()
    // A fault of the cache never fails a preparation: its model can be sliced.
    ctx.log.warn({ err: error, preparation_id: started.preparation_id }, 'the cached slice cannot be used')
    return null
  }
}
