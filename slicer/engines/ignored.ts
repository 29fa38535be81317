import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { overridable } from '../profiles/merge.ts'
import { optionOf } from '../profiles/option-types.ts'
import type { PrintProfile } from '../profiles/profile.ts'
import { first, readNumber } from '../profiles/read.ts'

const maxShown = 5

/** Settings that shape no tool path: names, notes, origins, and those that the slicer itself handles (heat, G-code fields, bed). */
const ownSettings =
  /^(name|type|from|inherits|version|notes|setting_id|filament_id|instantiation|.*_settings_id|.*_notes|compatible_.*|default_.*_profile|upward_compatible_machine|preset_names?|printer_.*|print_?host.*|bbl_use_printhost|host_type|thumbnails.*|gcode_flavor|.*_gcode|.*temp(erature)?(_.*)?|.*_plate_.*|curr_bed_type|default_bed_type|bed_custom_.*|printable_(area|height)|filament_(colour|vendor|type|cost|is_support|soluble|density|notes)|time_cost)$/

/**
 * The settings of Orca that shape a print, without those in `followed`. Three-slicer's table, generated from OrcaSlicer's
 * source, has all their names.
 */
export function ignoredSettings(followed: Iterable<string>): string[] {
  const known = new Set(followed)
  // A filament's own value replaces the machine's before the engine sees it.
  for (const name of overridable) if (known.has(name)) known.add(`filament_${name}`)
  return printSettings().filter(name => !known.has(name))
}

/** One sentence about the settings among `names` that the profile sets to another value than Orca's default. */
export function ignoredWarnings(names: readonly string[], { settings }: PrintProfile): string[] {
  const set = names.filter(name => {
    const value = first(settings, name)
    return value !== undefined && !isDefault(name, value)
  })
  if (set.length === 0) return []
  const shown = set.slice(0, maxShown).join(', ')
  const rest = set.length > maxShown ? ` and ${set.length - maxShown} more` : ''
  return [`The engine does not use these settings of the profile: ${shown}${rest}.`]
}

function isDefault(name: string, value: string | number | boolean): boolean {
  const { default: usual } = optionOf(name) ?? {}
  const other = Array.isArray(usual) ? usual[0] : usual
  if (typeof other !== 'string' && typeof other !== 'number' && typeof other !== 'boolean') return false
  return String(value) === String(other) || (readNumber(value) ?? Number.NaN) === readNumber(other)
}

function printSettings(): string[] {
  const require = createRequire(import.meta.url)
  const path = join(dirname(require.resolve('three-slicer/package.json')), 'data/config-schema.json')
  const schema: Record<string, { defined_in?: string }> = JSON.parse(readFileSync(path, 'utf8'))
  return Object.keys(schema)
    .filter(name => !schema[name]?.defined_in?.startsWith('init_sla') && !ownSettings.test(name))
    .sort()
}
