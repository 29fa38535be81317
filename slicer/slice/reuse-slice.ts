import { createHash } from 'node:crypto'
import { wipe } from '../../schema/gcode/keys.ts'
import { readContainer } from '../../schema/gcode/reader.ts'
import { AppError } from '../../schema/http/errors.ts'
import type { StartPreparationResponse } from '../../schema/http/preparations.ts'
import type { SliceCopy } from '../../schema/http/slice.ts'
import type { Context } from '../context.ts'
import { openKey } from '../model/fetch-model.ts'
import { madeBy } from './made-by.ts'
import type { Work } from './slice-and-seal.ts'
import { type SealedSlice, uploadSealed } from './upload-sealed.ts'

/**
 * Seals an earlier slice of the same model and settings anew, for this preparation and under its key. Null when there is none
 * of this build, or it cannot be read: the preparation is then sliced. Errors: the signal's reason.
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
      const gcode = openCopy(ctx, hit.copy, copyDek, signal)
      const object = await uploadSealed(ctx, started, gcode, { dek, estimates: () => hit.details.totals, signal })
      return { object, details: hit.details }
    } finally {
      wipe(copyDek)
    }
  } catch (error) {
    signal.throwIfAborted()
    // Whatever is wrong with the cache, a preparation needs no more than its model.
    ctx.log.warn({ err: error, preparation_id: started.preparation_id }, 'the cached slice cannot be used')
    return null
  }
}

/**
 * The copy's G-code. The hash is the marketplace's: the printer of the first preparation knows the copy's key, and nothing
 * that it could write in the copy's place passes. Errors: gcode_corrupt, unavailable.
 */
async function* openCopy(ctx: Context, copy: SliceCopy, dek: Buffer, signal: AbortSignal): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  async function* hashed() {
    for await (const piece of ctx.storage.open(copy.gcs_uri, { signal })) {
      hash.update(piece)
      yield piece
    }
  }
  for await (const part of readContainer(hashed(), { dek })) {
    if (part.kind === 'piece') yield part.data
  }
  if (hash.digest('hex') !== copy.sha256) throw new AppError('gcode_corrupt', 'The cached slice is another one.')
}
