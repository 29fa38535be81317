import { newFernetKey } from '../../schema/gcode/fernet.ts'
import { wipe, wrapKey } from '../../schema/gcode/keys.ts'
import { AppError, isAppError } from '../../schema/http/errors.ts'
import type { StartPreparationResponse } from '../../schema/http/preparations.ts'
import type { SlicingJob, SlicingResult } from '../../schema/messages/slicing.ts'
import type { Context } from '../context.ts'
import type { Engine } from '../engines/engine.ts'
import { fetchModel, openKey } from '../model/fetch-model.ts'
import { overrideWarnings } from '../profiles/overrides.ts'
import { readProfile } from '../profiles/profile.ts'
import { summarise } from '../profiles/summary.ts'
import { permanentFailure } from './failure.ts'
import { keepCopy } from './keep-copy.ts'
import { type Reporting, startReporting } from './reporting.ts'
import { reuseSlice } from './reuse-slice.ts'
import { sliceAndSeal, type Work } from './slice-and-seal.ts'
import type { SealedSlice } from './upload-sealed.ts'
import { validateModel } from './validate-model.ts'

export type SliceOutcome = 'sliced' | 'failed' | 'dropped'

/**
 * Does one slicing job, from its message to its result. `dropped`: the preparation has ended or was cancelled. After a
 * temporary error the lease is released and the error thrown, so that Pub/Sub delivers the message again.
 * Errors: too_many_requests, preparation_in_progress, and those of services that cannot be reached.
 */
export function sliceJob(ctx: Context, job: SlicingJob): Promise<SliceOutcome> {
  return ctx.slices.run(async () => {
    ctx.stopping.throwIfAborted()
    const started = await claim(ctx, job)
    if (!started) return 'dropped'
    const reporting = startReporting(ctx, started)
    const log = ctx.log.child({ preparation_id: job.preparation_id })
    try {
      const result = await makeResult(ctx, job, started, reporting)
      await ctx.publish(result)
      log.info({ outcome: result.outcome }, 'preparation done')
      return result.outcome
    } catch (error) {
      if (!reporting.ended.aborted) {
        reporting.stop()
        await release(ctx, started)
        throw error
      }
      log.info('preparation dropped: it ended during the slice')
      return 'dropped'
    } finally {
      reporting.stop()
    }
  })
}

/** Starts the preparation. Returns undefined when it has ended or no longer exists. */
async function claim(ctx: Context, job: SlicingJob): Promise<StartPreparationResponse | undefined> {
  try {
    return await ctx.marketplace.start(job.preparation_id)
  } catch (error) {
    if (!isAppError(error, 'not_found', 'preparation_ended')) throw error
    ctx.log.info({ preparation_id: job.preparation_id, code: error.code }, 'preparation dropped')
    return undefined
  }
}

/** Pub/Sub delivers the message again within seconds; a lease that is still held would refuse that attempt. */
async function release(ctx: Context, { preparation_id, lease_id }: StartPreparationResponse): Promise<void> {
  try {
    await ctx.marketplace.release(preparation_id, lease_id)
  } catch (error) {
    ctx.log.warn({ err: error, preparation_id }, 'the lease was not released: it expires by itself')
  }
}

async function makeResult(
  ctx: Context,
  job: SlicingJob,
  started: StartPreparationResponse,
  reporting: Reporting,
): Promise<SlicingResult> {
  const { preparation_id, lease_id, gcode_gcs_uri, cache } = started
  try {
    return await sliceOrReuse(ctx, job, started, reporting)
  } catch (error) {
    // Remove the objects, complete or not: their result was not published, so they are never downloaded.
    for (const uri of [gcode_gcs_uri, cache?.copy_gcs_uri]) {
      if (uri) await ctx.storage.remove(uri).catch((err: unknown) => ctx.log.warn({ err }, 'object not removed'))
    }
    const failure = reporting.ended.aborted ? undefined : permanentFailure(error)
    if (!failure) throw error
    ctx.log.info({ preparation_id, code: failure.code }, 'preparation failed')
    return { outcome: 'failed', preparation_id, lease_id, code: failure.code, message: failure.message.slice(0, 1000) }
  }
}

async function sliceOrReuse(
  ctx: Context,
  job: SlicingJob,
  started: StartPreparationResponse,
  reporting: Reporting,
): Promise<SlicingResult> {
  const signal = AbortSignal.any([ctx.stopping, reporting.ended])
  const engine = chooseEngine(ctx, started)
  const profile = readProfile(started.profile, started.overrides)
  const dek = newFernetKey(ctx.random)
  try {
    await reporting.step('download', 0.01)
    // Open the keys first: slicing may take longer than the grant is valid.
    const wrappedDek = await wrapForPrinter(ctx, started, dek, signal)
    const work = { engine, dek, signal }
    const reused = await reuseSlice(ctx, started, work)
    const slice = reused ?? (await makeSlice(ctx, job, { ...work, started, profile, reporting }))
    return {
      outcome: 'sliced',
      preparation_id: started.preparation_id,
      lease_id: started.lease_id,
      gcode_gcs_uri: started.gcode_gcs_uri,
      psek_encrypted_gcode_dek: wrappedDek,
      size: slice.object.size,
      sha256: slice.object.sha256,
      ...slice.details,
      ...(reused ? { from_cache: true } : { copy: await keepCopy(ctx, started, slice.object, work) }),
    }
  } finally {
    wipe(dek)
  }
}

async function makeSlice(
  ctx: Context,
  job: SlicingJob,
  work: Pick<Work, 'engine' | 'profile' | 'started' | 'dek' | 'signal'> & { reporting: Reporting },
): Promise<SealedSlice> {
  const { engine, started, profile, dek, signal, reporting } = work
  const file = await fetchModel(ctx, job, started.cws_token, signal)

  await reporting.step('validate', 0.05)
  const opened = await validateModel(ctx, file, { job, started, profile }, signal)

  await reporting.step('slice', 0.1)
  const { stats, previews, ...object } = await sliceAndSeal(ctx, {
    engine,
    model: { stl: opened.stl, size: opened.size },
    profile,
    started,
    dek,
    signal,
    onProgress: part => reporting.progress(0.1 + 0.8 * part),
    onSealing: () => void reporting.step('seal', 0.9),
  }).finally(() => wipe(opened.stl))
  await reporting.step('seal', 1)

  const { name, version } = engine
  const warnings = [
    ...overrideWarnings(started.overrides, engine.name),
    ...opened.warnings,
    ...profile.warnings,
    ...stats.warnings,
  ]
  return {
    object,
    details: {
      totals: object.totals,
      summary: summarise(profile, opened.size.z, stats.filament_mm),
      engine: { name, version },
      warnings: warnings.slice(0, 50).map(warning => warning.slice(0, 500)),
      thumbnail: (opened.pictures[0]?.png ?? opened.icon).toString('base64'),
      thumbnail_small: opened.icon.toString('base64'),
      previews: previews.map(({ layer, z, png }) => ({ layer: layer + 1, z_mm: z, png: png.toString('base64') })),
    },
  }
}

/** Opens the printer's key, and wraps the G-code's key under it. */
async function wrapForPrinter(ctx: Context, started: StartPreparationResponse, dek: Buffer, signal: AbortSignal) {
  const psek = await openKey(ctx, started.cws_token, started.kek_encrypted_psek, signal)
  try {
    return wrapKey(psek, dek, { now: ctx.clock().getTime() })
  } finally {
    wipe(psek)
  }
}

/** Errors: engine_unavailable. The marketplace checks this before the fee; the slicer may have been reinstalled since. */
function chooseEngine({ engines }: Context, { engine: name }: StartPreparationResponse): Engine {
  const engine = name === null ? engines[0] : engines.find(one => one.name === name)
  if (!engine) throw new AppError('engine_unavailable', `The slicer does not have the engine "${name}".`)
  return engine
}
