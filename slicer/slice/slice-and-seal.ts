import { createHash } from 'node:crypto'
import { sealGcode } from '../../schema/gcode/writer.ts'
import { AppError } from '../../schema/http/errors.ts'
import type { StartPreparationResponse } from '../../schema/http/preparations.ts'
import type { GcodeTotals } from '../../schema/http/slice.ts'
import { checkGcode } from '../check/check.ts'
import type { Context } from '../context.ts'
import type { SliceableModel, SliceStats } from '../engines/engine.ts'
import { framingGcode } from '../profiles/framing.ts'
import type { PrintProfile } from '../profiles/profile.ts'
import { frameBody } from './frame.ts'
import { createHandover, type Handover } from './handover.ts'

interface Work {
  model: SliceableModel
  profile: PrintProfile
  started: StartPreparationResponse
  dek: Buffer
  signal: AbortSignal
  onProgress: (part: number) => void
}

export interface SealedGcode {
  /** Of the sealed object. */
  size: number
  sha256: string
  totals: GcodeTotals
  stats: SliceStats
}

/**
 * Slices, checks, seals and uploads at the same time: G-code streams from the engine to the bucket with back-pressure.
 * The object appears only when all of the G-code has passed the check.
 * Errors: engine_failed, engine_timeout, gcode_rejected, profile_invalid, stl_exceeds_bed, unavailable, the signal's reason.
 */
export async function sliceAndSeal(ctx: Context, work: Work): Promise<SealedGcode> {
  const { started, dek } = work
  const framing = framingGcode(work.profile, work.model.size)
  const stop = new AbortController()
  const signal = AbortSignal.any([work.signal, stop.signal])
  // A listener added after the abort is never called.
  signal.throwIfAborted()
  const gcode = createHandover()
  const slicing = slice(ctx, work, gcode, signal)

  let stats: SliceStats | undefined
  let totals: GcodeTotals | undefined
  const hash = createHash('sha256')
  let size = 0
  async function* sealed() {
    const container = sealGcode(frameBody(gcode.chunks, framing), {
      dek,
      // The engine reports its statistics before the last G-code is processed.
      check: lines =>
        thenRun(checkGcode(lines, work.profile.bed), async () => {
          const { warnings, ...rest } = await slicing
          stats = { ...rest, warnings: [...framing.warnings, ...warnings] }
        }),
      purchaseId: started.purchase_id,
      preparationId: started.preparation_id,
      randomBytes: ctx.random,
      clock: () => ctx.clock().getTime(),
      estimates: () => stats as SliceStats,
      onTotals: counted => {
        totals = counted
      },
    })
    for await (const piece of container) {
      hash.update(piece)
      size += piece.length
      yield piece
    }
  }

  const metadata = { purchase_id: started.purchase_id, preparation_id: started.preparation_id }
  const upload = ctx.storage.write(started.gcode_gcs_uri, sealed(), { metadata, signal })
  await allOrFirstFailure([slicing, upload], error => stop.abort(error))
  return { size, sha256: hash.digest('hex'), totals: totals as GcodeTotals, stats: stats as SliceStats }
}

/** Runs the engine, and ends or aborts the G-code as the engine ended. */
async function slice(
  ctx: Context,
  { model, profile, onProgress }: Work,
  gcode: Handover,
  signal: AbortSignal,
): Promise<SliceStats> {
  signal.addEventListener('abort', () => gcode.fail(signal.reason), { once: true })
  try {
    const stats = await ctx.engines[0].slice(model, profile, { signal, onProgress, onGcode: gcode.give })
    if (stats.layers < 1) throw new AppError('gcode_rejected', 'The G-code has no layers.')
    gcode.end()
    return stats
  } catch (error) {
    gcode.fail(error)
    throw error
  }
}

async function* thenRun(source: AsyncIterable<Buffer>, last: () => Promise<void>): AsyncGenerator<Buffer> {
  yield* source
  await last()
}

/** Waits until all have settled, so that nothing keeps running, and throws the first error. */
async function allOrFirstFailure(works: Promise<unknown>[], onFailure: (error: unknown) => void): Promise<void> {
  const failures: unknown[] = []
  const noted = works.map(work =>
    work.catch((error: unknown) => {
      failures.push(error)
      onFailure(error)
    }),
  )
  await Promise.all(noted)
  if (failures.length > 0) throw failures[0]
}
