/** The `prusa` engine: PrusaSlicer's program, as Debian packages it. */
import { wipe } from '../../../schema/gcode/keys.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { PrintProfile } from '../../profiles/profile.ts'
import type { Engine, SliceableModel, SliceOptions, SliceStats } from '../engine.ts'
import { ignoredSettings, ignoredWarnings } from '../ignored.ts'
import { bodyFilter } from '../native/body.ts'
import { placedOnBed } from '../native/place.ts'
import { askNative, type NativeEnd, type NativeTool, runNative } from '../native/run-native.ts'
import { readStats } from '../native/stats.ts'
import { prusaConfig } from './config.ts'
import { choices, followed, followedOtherwise } from './names.ts'

const files = { model: 'model.stl', config: 'config.ini', gcode: 'out.gcode' }
/** PrusaSlicer's messages about a print that is too large. */
const tooLarge = /outside of the print volume|exceeds the maximum build volume|does not fit/i

/** Returns undefined when the program is not installed, or the sandbox has no scratch folder for its files. */
export async function findPrusa(tool: NativeTool): Promise<Engine | undefined> {
  if (!tool.sandbox.hasScratch) return undefined
  const [, version] = /PrusaSlicer-(\d+\.\d+\.\d+)/.exec((await askNative(tool, ['--help'])) ?? '') ?? []
  if (version === undefined) return undefined
  const ignores = ignoredSettings([...Object.keys(followed), ...Object.keys(choices), ...followedOtherwise])
  return {
    name: 'prusa',
    version,
    license: 'AGPL-3.0-only',
    source_url: 'https://github.com/prusa3d/PrusaSlicer',
    ignores,
    warningsFor: profile => [...prusaConfig(profile).warnings, ...ignoredWarnings(ignores, profile)],
    slice: (model, profile, options) => sliceWithPrusa(tool, model, profile, options),
  }
}

async function sliceWithPrusa(
  tool: NativeTool,
  { stl }: SliceableModel,
  profile: PrintProfile,
  { signal, onProgress, onGcode }: SliceOptions,
): Promise<SliceStats> {
  const { ini, warnings } = prusaConfig(profile)
  const body = bodyFilter(onGcode)
  let output = ''
  let progress = 0
  const placed = placedOnBed(stl, profile.bed)
  const end = await runNative(tool, {
    args: [
      ...['--export-gcode', '--dont-arrange', '--loglevel', '1', '--load', files.config],
      ...['--output', files.gcode, files.model],
    ],
    files: [
      { name: files.config, data: Buffer.from(ini) },
      { name: files.model, data: placed },
    ],
    gcode: files.gcode,
    signal,
    onLine: line => {
      const [, percent] = /^(\d{1,3}) => /.exec(line) ?? []
      if (percent === undefined) {
        output = `${output}${line}\n`.slice(-2000)
      } else {
        // Threads report their steps in any order.
        progress = Math.max(progress, Math.min(1, Number(percent) / 100))
        onProgress(progress)
      }
    },
    onGcode: body.add,
  }).finally(() => wipe(placed))
  const { layers, tail } = body.end()
  if (end.exitCode !== 0 || tail === undefined || layers === 0) throw failed(tool, end, output)
  onProgress(1)
  return { layers, ...readStats(tail), warnings }
}

/** PrusaSlicer reports faults on stdout or stderr, and may exit with 0 or 1 for either. */
function failed({ log }: NativeTool, end: NativeEnd, output: string): AppError {
  const text = `${end.stderr}\n${output}`
  log.warn({ exit_code: end.exitCode, output: text.slice(-2000) }, 'the slicing engine made no G-code')
  if (tooLarge.test(text)) {
    return new AppError('stl_exceeds_bed', 'The print does not fit on the bed with its brim, skirt and supports.')
  }
  const lines = text.split('\n').filter(line => line.trim() !== '' && !/^\[\d{4}-/.test(line))
  const reason = lines.at(-1)?.slice(0, 300)
  if (end.exitCode === null || end.exitCode > 1 || reason === undefined) {
    return new AppError(
      'engine_failed',
      'The slicing engine ended without a result: the model may be too complex for it.',
    )
  }
  return new AppError('engine_failed', `The slicing engine failed: ${reason}`)
}
