import { createHash } from 'node:crypto'
import { type SliceEstimates, sealGcode } from '../../schema/gcode/writer.ts'
import { AppError } from '../../schema/http/errors.ts'
import type { StartPreparationResponse } from '../../schema/http/preparations.ts'
import type { GcodeTotals, SliceDetails } from '../../schema/http/slice.ts'
import type { Context } from '../context.ts'

export interface SealedObject {
  /** Size of the sealed object in bytes, and its hash. */
  size: number
  sha256: string
  totals: GcodeTotals
}

/** A slice that is stored for its preparation, newly made or reused. */
export interface SealedSlice {
  object: SealedObject
  details: SliceDetails
}

/**
 * Seals G-code for the preparation and uploads it as a stream: memory stays flat, and the object appears only when it is
 * complete. Errors: gcode_rejected, unavailable, the signal's reason, and errors of the source.
 */
export async function uploadSealed(
  ctx: Context,
  started: StartPreparationResponse,
  gcode: AsyncIterable<Uint8Array>,
  { dek, estimates, signal }: { dek: Buffer; estimates: () => SliceEstimates; signal: AbortSignal },
): Promise<SealedObject> {
  let totals: GcodeTotals | undefined
  const container = sealGcode(gcode, {
    dek,
    purchaseId: started.purchase_id,
    preparationId: started.preparation_id,
    randomBytes: ctx.random,
    clock: () => ctx.clock().getTime(),
    estimates,
    onTotals: counted => {
      totals = counted
    },
  })
  const stored = await uploadContainer(ctx, started, container, signal)
  if (!totals) throw new AppError('unavailable', 'The upload ended before the G-code did.')
  return { ...stored, totals }
}

/** Uploads a container as the preparation's object while it is made. Errors: unavailable, the signal's reason, the container's. */
export async function uploadContainer(
  ctx: Context,
  started: StartPreparationResponse,
  container: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<Pick<SealedObject, 'size' | 'sha256'>> {
  const hash = createHash('sha256')
  let size = 0
  async function* watched() {
    for await (const piece of container) {
      // Ends an aborted job between two pieces, also when the upload does not look at the signal.
      signal.throwIfAborted()
      hash.update(piece)
      size += piece.length
      yield piece
    }
  }
  const metadata = { purchase_id: started.purchase_id, preparation_id: started.preparation_id }
  await ctx.storage.write(started.gcode_gcs_uri, watched(), { metadata, signal })
  return { size, sha256: hash.digest('hex') }
}
