import type { StartPreparationResponse } from '../../schema/http/preparations.ts'
import { engineProfile, keepsArcs } from '../assemble/arcs.ts'
import { assemble } from '../assemble/assemble.ts'
import { createIntake } from '../assemble/intake.ts'
import type { Body } from '../assemble/layers.ts'
import { outlineOfStl } from '../assemble/outline.ts'
import type { Context } from '../context.ts'
import type { Engine, SliceableModel, SliceStats } from '../engines/engine.ts'
import { createLayerPictures, type LayerPicture } from '../preview/layer-pictures.ts'
import type { PrintProfile } from '../profiles/profile.ts'
import { openSpool, type Spool } from './spool.ts'
import { type SealedObject, uploadSealed } from './upload-sealed.ts'

export interface Work {
  engine: Engine
  model: SliceableModel
  profile: PrintProfile
  started: StartPreparationResponse
  dek: Buffer
  signal: AbortSignal
  onProgress: (part: number) => void
  /** Called when the engine has finished and sealing begins. */
  onSealing?: () => void
}

export interface SealedGcode extends SealedObject {
  stats: SliceStats
  previews: LayerPicture[]
}

/**
 * Slices into a sealed spool, checking each move first. Then adds the profile's own G-code, seals all of it for the printer
 * and uploads it as a stream. The object appears only when it is complete.
 * Errors: engine_failed, engine_timeout, gcode_rejected, profile_invalid, stl_exceeds_bed, unavailable, the signal's reason.
 */
export async function sliceAndSeal(ctx: Context, work: Work): Promise<SealedGcode> {
  const spool = await openSpool(ctx.spool)
  try {
    const sliced = await slice(work, spool)
    work.onSealing?.()
    return await seal(ctx, work, spool, sliced)
  } finally {
    await spool.close()
  }
}

async function slice({ engine, model, profile, started, signal, onProgress }: Work, spool: Spool) {
  const { printer } = started
  // A listener added after the abort is never called.
  signal.throwIfAborted()
  const intake = createIntake({ bed: profile.bed, hasArcs: keepsArcs(printer), write: spool.write })
  const stats = await engine.slice(model, engineProfile(profile, printer), { signal, onProgress, onGcode: intake.add })
  const body = await intake.end()
  await spool.end()
  return { stats, body }
}

async function seal(
  ctx: Context,
  { model, profile, started, dek, signal }: Work,
  spool: Spool,
  { stats, body }: { stats: SliceStats; body: Body },
): Promise<SealedGcode> {
  const previews = createLayerPictures(body, profile.nozzleDiameterMm)
  let warnings: string[] = []
  const gcode = assemble({
    profile,
    printer: started.printer,
    body,
    stats,
    modelName: started.model_title,
    modelOutline: outlineOfStl(model.stl),
    random: () => ctx.random(4).readUInt32BE() / 2 ** 32,
    now: ctx.clock(),
    read: layer => previews.watch(layer, spool.read(layer.from, layer.to)),
    onWarnings: more => {
      warnings = more
    },
  })
  const sealed = await uploadSealed(ctx, started, gcode, {
    dek,
    estimates: () => ({ ...stats, layers: body.layers.length }),
    signal,
  })
  return {
    ...sealed,
    stats: { ...stats, warnings: [...warnings, ...stats.warnings] },
    previews: previews.pictures(),
  }
}
