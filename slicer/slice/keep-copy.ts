import type { StartPreparationResponse } from '../../schema/http/preparations.ts'
import type { SliceCopy } from '../../schema/http/slice.ts'
import type { Context } from '../context.ts'
import { madeBy } from './made-by.ts'
import type { Work } from './slice-and-seal.ts'
import type { SealedObject } from './upload-sealed.ts'

/**
 * Keeps a copy of a new slice for later preparations: the storage copies the sealed object, and the CWS wraps the object's DEK
 * under the cache KEK. Sealing the copy under another DEK would cost a third more work per slice and protect nothing: this DEK
 * opens the same G-code. Returns undefined when no copy was kept, which does not fail the preparation.
 * Errors: the signal's reason.
 */
export async function keepCopy(
  ctx: Context,
  { cache, gcode_gcs_uri, preparation_id }: StartPreparationResponse,
  { size, sha256 }: SealedObject,
  { engine, dek, signal }: Pick<Work, 'engine' | 'dek' | 'signal'>,
): Promise<SliceCopy | undefined> {
  if (!cache) return undefined
  const { key_context, copy_gcs_uri } = cache
  try {
    const wrapped_dek = await ctx.wrapForCache(dek, key_context)
    await ctx.storage.copy(gcode_gcs_uri, copy_gcs_uri, { signal })
    return { gcs_uri: copy_gcs_uri, size, sha256, wrapped_dek, made_by: madeBy(ctx, engine) }
  } catch (error) {
    signal.throwIfAborted()
    ctx.log.warn({ err: error, preparation_id }, 'no copy of the slice was kept: later preparations slice again')
    return undefined
  }
}
