/**
 * The `orca` engine: OrcaSlicer's program. ../README.md describes its command line and the differences between its versions.
 */
import { wipe } from '../../../schema/gcode/keys.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { PrintProfile } from '../../profiles/profile.ts'
import type { Engine, SliceableModel, SliceOptions, SliceStats } from '../engine.ts'
import { ignoredWarnings } from '../ignored.ts'
import { bodyFilter } from '../native/body.ts'
import { placedOnBed } from '../native/place.ts'
import { askNative, type NativeTool, runNative } from '../native/run-native.ts'
import { readStats } from '../native/stats.ts'
import { orcaCode, orcaName, placementFaults, profileFaults, sizeFaults } from './exit-codes.ts'
import { readProgress, readResult } from './result.ts'
import { notFollowed, orcaFiles } from './settings.ts'

const files = {
  ...{ machine: 'machine.json', process: 'process.json', filament: 'filament.json', model: 'model.stl' },
  ...{ gcode: 'plate_1.gcode', report: 'result.json', pipe: 'progress' },
}

/** Returns undefined when the program is not installed, or the sandbox has no scratch folder for its files. */
export async function findOrca(tool: NativeTool): Promise<Engine | undefined> {
  if (!tool.sandbox.hasScratch) return undefined
  const [, version] = /OrcaSlicer-?\s*v?(\d+\.\d+\.\d+[^\s:]*)/.exec((await askNative(tool, ['--help'])) ?? '') ?? []
  if (version === undefined) return undefined
  return {
    name: 'orca',
    version: version.slice(0, 40),
    license: 'AGPL-3.0-only',
    source_url: 'https://github.com/OrcaSlicer/OrcaSlicer',
    ignores: notFollowed,
    warningsFor: profile => ignoredWarnings(notFollowed, profile),
    slice: (model, profile, options) => sliceWithOrca(tool, model, profile, options),
  }
}

/** `arrange`: OrcaSlicer places the model on the plate. Otherwise it stays in the plate's middle, where we have put it. */
export function orcaArgs(arrange: boolean): string[] {
  return [
    ...['--load-settings', `${files.machine};${files.process}`, '--load-filaments', files.filament],
    ...(arrange ? ['--arrange', '1', '--orient', '0'] : ['--arrange', '0']),
    ...['--slice', '0', '--allow-newer-file', '--pipe', files.pipe, '--outputdir', '.', files.model],
  ]
}

/**
 * Some versions exit with 0 but write no G-code when they may not turn the model; others place it where they refuse it later.
 * Such a slice is tried once more without arranging. The model is never turned.
 */
async function sliceWithOrca(
  tool: NativeTool,
  model: SliceableModel,
  profile: PrintProfile,
  options: SliceOptions,
): Promise<SliceStats> {
  const placed = placedOnBed(model.stl, profile.bed)
  try {
    const first = await attempt(tool, placed, profile, options, true)
    if ('stats' in first) return first.stats
    const mayRetry = first.code === 0 || placementFaults.includes(first.code)
    if (!mayRetry || first.hasOutput) throw failed(tool, first)
    tool.log.warn({ code: first.code, reason: first.reason }, 'retrying the slicing engine without --arrange')
    const second = await attempt(tool, placed, profile, options, false)
    if ('stats' in second) return second.stats
    throw failed(tool, second)
  } finally {
    wipe(placed)
  }
}

interface Failure {
  /** OrcaSlicer's own exit code; 0 for success. */
  code: number
  /** The sentence of its result file, or ''. */
  reason: string
  stderr: string
  /** True when a part of the toolpath body has already been passed on. */
  hasOutput: boolean
}

async function attempt(
  tool: NativeTool,
  stl: Buffer,
  profile: PrintProfile,
  { signal, onProgress, onGcode }: SliceOptions,
  arrange: boolean,
): Promise<{ stats: SliceStats } | Failure> {
  const { machine, process, filament } = orcaFiles(profile)
  const body = bodyFilter(onGcode)
  const end = await runNative(tool, {
    args: orcaArgs(arrange),
    files: [
      { name: files.machine, data: Buffer.from(machine) },
      { name: files.process, data: Buffer.from(process) },
      { name: files.filament, data: Buffer.from(filament) },
      { name: files.model, data: stl },
    ],
    // From 2.3.2 on it initialises graphics, and on some hosts crashes when it assumes Wayland.
    environment: ['XDG_SESSION_TYPE=x11'],
    gcode: files.gcode,
    report: files.report,
    pipe: files.pipe,
    signal,
    onLine: line => {
      const part = readProgress(line)
      if (part !== undefined) onProgress(part)
    },
    onGcode: body.add,
  })
  const { layers, tail } = body.end()
  const result = readResult(end.report)
  const code = result?.return_code ?? orcaCode(end.exitCode ?? 255)
  if (code === 0 && end.exitCode === 0 && tail !== undefined && layers > 0) {
    onProgress(1)
    const warnings = result?.sliced_plates.map(plate => plate.warning_message.trim()).filter(text => text !== '') ?? []
    return {
      stats: { layers, ...readStats(tail), warnings: warnings.map(text => `OrcaSlicer: ${text.slice(0, 400)}`) },
    }
  }
  return { code, reason: result?.error_string ?? '', stderr: end.stderr, hasOutput: layers > 0 }
}

function failed({ log }: NativeTool, { code, reason, stderr }: Failure): AppError {
  log.warn({ code, reason, stderr }, 'the slicing engine made no G-code')
  if (code === 0) return new AppError('engine_failed', 'OrcaSlicer reported success but made no G-code.')
  const detail = reason.trim().slice(0, 300)
  const sentence = `OrcaSlicer refused the print with ${orcaName(code)}${detail === '' ? '.' : `: ${detail}`}`
  if (sizeFaults.includes(code)) return new AppError('stl_exceeds_bed', sentence)
  return new AppError(profileFaults.includes(code) ? 'profile_invalid' : 'engine_failed', sentence)
}
