import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { optionOf } from '../profiles/option-types.ts'
import type { PrintProfile } from '../profiles/profile.ts'
import { first, readNumber } from '../profiles/read.ts'

const mostShown = 5

/** Shape no tool path: names, notes, who made it, and what the slicer itself does around an engine (heat, G-code fields, bed). */
const ownSettings =
  /^(name|type|from|inherits|version|notes|setting_id|filament_id|instantiation|.*_settings_id|.*_notes|compatible_.*|default_.*_profile|upward_compatible_machine|preset_names?|printer_.*|print_?host.*|bbl_use_printhost|host_type|thumbnails.*|gcode_flavor|.*_gcode|.*temp(erature)?(_.*)?|.*_plate_.*|curr_bed_type|default_bed_type|bed_custom_.*|printable_(area|height)|filament_(colour|vendor|type|cost|is_support|soluble|density|notes)|time_cost)$/

/**
 * The settings of Orca's profiles that shape a print and that an engine which follows `followed` does not follow.
 * The names are those of three-slicer's table, which is made of OrcaSlicer's source.
 */
export function ignoredSettings(followed: Iterable<string>): string[] {
  const known = new Set(followed)
  return printSettings().filter(name => !known.has(name))
}

/** One sentence about those of `names` that the profile sets to something else than Orca's default. */
export function ignoredWarnings(names: readonly string[], { settings }: PrintProfile): string[] {
  const set = names.filter(name => {
    const value = first(settings, name)
    return value !== undefined && !isDefault(name, value)
  })
  if (set.length === 0) return []
  const shown = set.slice(0, mostShown).join(', ')
  const rest = set.length > mostShown ? ` and ${set.length - mostShown} more` : ''
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
