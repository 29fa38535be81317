/** The `prusa` engine: PrusaSlicer's program, as Debian packages it. */
import { wipe } from '../../../schema/gcode/keys.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { PrintProfile } from '../../profiles/profile.ts'
import type { Engine, SliceableModel, SliceOptions, SliceStats } from '../engine.ts'
import { ignoredSettings, ignoredWarnings } from '../ignored.ts'
import { bodyTaker } from '../native/body.ts'
import { placedOnBed } from '../native/place.ts'
import { askNative, type NativeEnd, type NativeTool, runNative } from '../native/run-native.ts'
import { readStats } from '../native/stats.ts'
import { prusaConfig } from './config.ts'
import { choices, followed, followedOtherwise } from './names.ts'

const files = { model: 'model.stl', config: 'config.ini', gcode: 'out.gcode' }
/** What it says of a print that cannot be, at the end of a line. */
const tooLarge = /outside of the print volume|exceeds the maximum build volume|does not fit/i

/** Undefined when the program does not run here: it is not installed, or there is no sandbox that it could write in. */
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
  const body = bodyTaker(onGcode)
  let said = ''
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
        said = `${said}${line}\n`.slice(-2000)
      } else {
        // Steps of several threads are told in any order.
        progress = Math.max(progress, Math.min(1, Number(percent) / 100))
        onProgress(progress)
      }
    },
    onGcode: body.add,
  }).finally(() => wipe(placed))
  const { layers, tail } = body.end()
  if (end.exitCode !== 0 || tail === undefined || layers === 0) throw failed(tool, end, said)
  onProgress(1)
  return { layers, ...readStats(tail), warnings }
}

/** It says on stdout or stderr what it does not like, and ends with 0 or 1 alike. */
function failed({ log }: NativeTool, end: NativeEnd, said: string): AppError {
  const text = `${end.stderr}\n${said}`
  log.warn({ exit_code: end.exitCode, said: text.slice(-2000) }, 'the slicing engine made no G-code')
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
