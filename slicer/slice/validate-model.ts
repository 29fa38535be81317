import { wipe } from '../../schema/gcode/keys.ts'
import { AppError } from '../../schema/http/errors.ts'
import type { StartPreparationResponse } from '../../schema/http/preparations.ts'
import type { SlicingJob } from '../../schema/messages/slicing.ts'
import type { Context } from '../context.ts'
import type { OpenedModel } from '../model/open-model.ts'
import { checkFits } from '../profiles/bed.ts'
import { checkFirstLayer } from '../profiles/first-layer.ts'
import type { PrintProfile } from '../profiles/profile.ts'

interface ModelCheckInput {
  job: SlicingJob
  started: StartPreparationResponse
  profile: PrintProfile
}

/**
 * Opens the model, scaled and turned by the buyer's overrides, and returns an STL of our own writing for the engine. Wipes
 * `file`; the caller wipes the STL. Errors: those of a model that cannot be opened, stl_too_small, stl_exceeds_bed.
 */
export async function validateModel(
  ctx: Context,
  file: Buffer,
  { job, started, profile }: ModelCheckInput,
  signal: AbortSignal,
): Promise<OpenedModel> {
  const { scale_percent: scalePercent, orientation } = started.overrides
  const options = { units: job.stl_units, views: ['isometric' as const], scalePercent, orientation }
  const opened = await ctx.openModel(file, options, signal).finally(() => wipe(file))
  try {
    if (opened.fault) throw new AppError(opened.fault.code, opened.fault.message)
    checkFits(opened.size, profile.bed)
    checkFirstLayer(opened.size, profile)
    return opened
  } catch (error) {
    wipe(opened.stl)
    throw error
  }
}
