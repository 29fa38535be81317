/** Parses a preset of OrcaSlicer and finds its kind. */
import { presetOptionKeys } from 'three-slicer/settings'
import { isAppError } from '../../schema/http/errors.ts'
import { jsonLimits, parseJson } from '../../schema/http/json.ts'
import { profileMaxValues, type Settings, settingsSchema } from '../../schema/http/profiles.ts'
import type { PresetKind } from '../profiles/catalogue.ts'
import { isSet } from '../profiles/read.ts'
import { invalidFile, type TextFile } from './file.ts'

export interface Preset {
  /** A project holds the settings of all three kinds in one map. */
  kind: PresetKind | 'project'
  name: string
  settings: Settings
}

export const presetKinds = ['machine', 'process', 'filament'] as const satisfies PresetKind[]

const idNames: Record<PresetKind, string> = {
  machine: 'printer_settings_id',
  process: 'print_settings_id',
  filament: 'filament_settings_id',
}

const maxNameLength = 200
const limits = { ...jsonLimits, maxValues: profileMaxValues }

/** Returns undefined for JSON other than a preset, such as a list of machine models. Errors: profile_invalid, with the file's name. */
export function readPreset(file: TextFile): Preset | undefined {
  const parsed = settingsSchema.safeParse(parse(file))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const place = issue?.path.length ? `${issue.path.join('.')} ${issue.message}` : 'a preset is an object of settings'
    throw invalidFile(file.name, `cannot be read: ${place}.`)
  }
  const settings = parsed.data
  const kind = kindOf(settings)
  return kind && { kind, name: nameOf(settings, kind) ?? baseName(file.name), settings }
}

function parse({ name, text }: TextFile): unknown {
  try {
    return parseJson(text, limits)
  } catch (error) {
    if (isAppError(error, 'bad_request')) {
      throw invalidFile(
        name,
        'is not JSON. Send presets as OrcaSlicer exports them: .json, .zip, .orca_printer.',
        error,
      )
    }
    throw isAppError(error) ? invalidFile(name, `cannot be read: ${error.message}`, error) : error
  }
}

/** The kind of a preset: by its `type`, otherwise by its name's field, otherwise by the kind that most of its settings have. */
function kindOf(settings: Settings): Preset['kind'] | undefined {
  const type = own(settings, 'type')
  if (typeof type === 'string' && type !== '') return presetKinds.find(kind => kind === type)
  const named = presetKinds.filter(kind => Object.hasOwn(settings, idNames[kind]))
  if (named.length === presetKinds.length) return 'project'
  if (named.length === 1) return named[0]
  const counts = presetKinds.map(kind => Object.keys(settings).filter(name => ownKeys[kind].has(name)).length)
  const most = Math.max(...counts)
  const leading = presetKinds.filter((_, index) => counts[index] === most)
  return most > 0 && leading.length === 1 ? leading[0] : undefined
}

/** The settings that only one kind of preset has. */
const ownKeys = Object.fromEntries(
  presetKinds.map(kind => {
    const others = new Set(presetKinds.filter(other => other !== kind).flatMap(other => presetOptionKeys(other)))
    return [kind, new Set(presetOptionKeys(kind).filter(name => !others.has(name)))]
  }),
) as Record<PresetKind, Set<string>>

function nameOf(settings: Settings, kind: Preset['kind']): string | undefined {
  const id = own(settings, idNames[kind === 'project' ? 'machine' : kind])
  // A project's name is always "project_settings"; its owner knows it by the printer's name.
  const names = kind === 'project' ? [id] : [own(settings, 'name'), Array.isArray(id) ? id[0] : id]
  const name = names.find(isSet)
  return name === undefined ? undefined : String(name).trim().slice(0, maxNameLength)
}

function own(settings: Settings, name: string) {
  return Object.hasOwn(settings, name) ? settings[name] : undefined
}

function baseName(path: string): string {
  return path
    .split('/')
    .at(-1)!
    .replace(/\.[^.]*$/, '')
    .slice(0, maxNameLength)
}
