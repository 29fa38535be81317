import { AppError } from '../../schema/http/errors.ts'
import { jsonLimits, requireBoundedJson } from '../../schema/http/json.ts'
import { type ProfileContents, profileMaxBytes, profileMaxValues } from '../../schema/http/profiles.ts'
import type { ReadProfileRequest, ReadProfileResponse } from '../../schema/http/slicer.ts'
import type { Context } from '../context.ts'
import { choosePresets, type Wanted } from './choose.ts'
import { invalidFile, shorten } from './file.ts'
import { resolveWithin } from './inherit.ts'
import { type Preset, presetKinds, readPreset } from './preset.ts'
import { decodeText, isZip, unzipPresets } from './unzip.ts'

/**
 * Reads files and bundles that OrcaSlicer exports as the three maps of a profile. Merges presets with their parents in these
 * files; other parents stay in `inherits`. Errors: profile_invalid, with the file and what to do; too_many_requests.
 */
export function readProfileFiles(
  { profiles }: Pick<Context, 'profiles'>,
  { files, printer, process, filament }: ReadProfileRequest,
): Promise<ReadProfileResponse> {
  return profiles.run(async () => {
    const source = files.map(({ name }) => shorten(name)).join(', ')
    const presets: Preset[] = []
    for (const file of files) presets.push(...(await presetsIn(file.name, Buffer.from(file.content, 'base64'))))
    const { name, contents } = combine(presets, { machine: printer, process, filament }, source)
    requireBounds(contents, source)
    return { name, ...contents }
  })
}

async function presetsIn(name: string, bytes: Buffer): Promise<Preset[]> {
  if (!isZip(bytes)) {
    const preset = readPreset({ name, text: decodeText(bytes, name) })
    if (preset) return [preset]
    throw invalidFile(name, 'is no machine, process or filament preset of OrcaSlicer.')
  }
  const files = await unzipPresets(bytes, name)
  return files.map(readPreset).filter(preset => preset !== undefined)
}

function combine(presets: Preset[], wanted: Wanted, source: string): { name: string; contents: ProfileContents } {
  const project = presets.find(({ kind }) => kind === 'project')
  if (project) {
    if (presets.length > 1) {
      throw new AppError('profile_invalid', `${source}: a project's settings are a whole profile. Send them alone.`)
    }
    // A project has all settings in one map, and the three maps are merged later anyway.
    const contents = { machine_settings: project.settings, process_settings: {}, filament: {} }
    return { name: project.name, contents }
  }
  const chosen = choosePresets(presets, wanted, source)
  const [machine_settings, process_settings, filament] = presetKinds.map(kind => resolveWithin(presets, chosen[kind]))
  return {
    name: chosen.machine.name,
    contents: { machine_settings: machine_settings!, process_settings: process_settings!, filament: filament! },
  }
}

/** As much as a profile may be that comes as JSON. */
function requireBounds(contents: ProfileContents, source: string): void {
  const text = JSON.stringify(contents)
  if (Buffer.byteLength(text) > profileMaxBytes) {
    throw invalidFile(source, `makes a profile of more than ${profileMaxBytes / 1024} KiB.`)
  }
  try {
    requireBoundedJson(text, { ...jsonLimits, maxValues: profileMaxValues })
  } catch (error) {
    throw invalidFile(source, `makes a profile of more than ${profileMaxValues} values.`, error)
  }
}
