/**
 * Orca saves a changed preset as its differences from a parent, named by `inherits`. A whole preset may name a parent, too, but
 * needs none. The parent of any other preset is looked up in the catalogue; without it the profile is refused, because defaults
 * in place of the parent's values would print ABS at the temperatures of PLA.
 */
import { AppError } from '../../schema/http/errors.ts'
import type { ProfileContents, Settings } from '../../schema/http/profiles.ts'
import { type PresetKind, presetOf } from './catalogue.ts'
import { optionOf } from './option-types.ts'
import { isSet } from './read.ts'

const parts = [
  {
    kind: 'machine',
    field: 'machine_settings',
    whole: 40,
    needs: ['printable_area', 'printable_height', 'nozzle_diameter', 'machine_start_gcode', 'machine_end_gcode'],
  },
  { kind: 'process', field: 'process_settings', whole: 80, needs: ['layer_height'] },
  { kind: 'filament', field: 'filament', whole: 40, needs: ['filament_type', 'nozzle_temperature'] },
] as const satisfies { kind: PresetKind; field: keyof ProfileContents; whole: number; needs: string[] }[]

const remedy =
  'In OrcaSlicer choose the presets, save the project (File, Save Project as) and send the .3mf as a file; as JSON, its ' +
  'Metadata/project_settings.config goes as machine_settings, with the other two empty.'

/** Errors: profile_invalid, with the parent's name and how to export a whole preset. */
export function resolveInherits(contents: ProfileContents): { contents: ProfileContents; warnings: string[] } {
  const resolved = { ...contents }
  const warnings: string[] = []
  for (const part of parts) {
    const own = contents[part.field]
    const parent = parentOf(own)
    if (parent === undefined || isWhole(own, part)) continue
    const preset = presetOf(part.kind, parent)
    const merged: Settings = { ...preset, ...own }
    const missing = part.needs.filter(name => !hasValue(merged, name))
    if (!preset || missing.length > 0) throw incomplete(part.kind, own, parent, preset ? missing : undefined)
    resolved[part.field] = merged
    warnings.push(
      `The ${part.kind} preset inherits from "${parent}": ${Object.keys(preset).length} settings came from OrcaSlicer's ` +
        `catalogue, which has no G-code and not every setting. ${remedy}`,
    )
  }
  return { contents: resolved, warnings }
}

/**
 * `whole`: a whole preset has at least this many of Orca's settings, and a user's changes have fewer. (The presets that
 * OrcaSlicer ships have 49 for a machine, 99 for a process and about 60 for a filament.)
 */
function isWhole(own: Settings, { whole, needs }: { whole: number; needs: readonly string[] }): boolean {
  const known = Object.keys(own).filter(name => optionOf(name) !== undefined)
  return known.length >= whole && needs.every(name => hasValue(own, name))
}

function incomplete(kind: PresetKind, own: Settings, parent: string, missing: string[] | undefined): AppError {
  const title = isSet(own.name) ? ` "${String(own.name).slice(0, 80)}"` : ''
  const why = missing ? `does not set ${missing.join(', ')}` : 'is not in this profile'
  return new AppError(
    'profile_invalid',
    `The ${kind} preset${title} holds only its changes to "${parent}", which ${why}. ${remedy}`,
  )
}

function parentOf(settings: Settings): string | undefined {
  const name = Object.hasOwn(settings, 'inherits') ? settings.inherits : undefined
  return typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, 120) : undefined
}

function hasValue(settings: Settings, name: string): boolean {
  const value = Object.hasOwn(settings, name) ? settings[name] : undefined
  return Array.isArray(value) ? value.length > 0 : isSet(value)
}
