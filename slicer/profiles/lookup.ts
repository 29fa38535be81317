/** The names that a profile's G-code may use: its settings, typed, with Orca's defaults and its older names for them. */
import type { Setting, Settings } from '../../schema/http/profiles.ts'
import type { Lookup, Value } from '../placeholders/index.ts'
import { absoluteOf, measureOf } from './percentages.ts'
import type { PrintProfile } from './profile.ts'
import { first, optionalNumber } from './read.ts'
import { plateOf, plateSetting } from './temperatures.ts'
import { typedValue } from './typed-value.ts'

/** Names of Slic3r and PrusaSlicer that OrcaSlicer still gives, or that profiles still use. */
const aliases: Record<string, string> = {
  temperature: 'nozzle_temperature',
  first_layer_temperature: 'nozzle_temperature_initial_layer',
  first_layer_height: 'initial_layer_print_height',
  max_print_height: 'printable_height',
  retract_length: 'retraction_length',
  chamber_temperatures: 'chamber_temperature',
  filament_preset: 'filament_settings_id',
  printer_preset: 'printer_settings_id',
  print_preset: 'print_settings_id',
}

/**
 * Finds what `runtime` has, else what the profile says. Layers, times and places are the caller's to put into `runtime`, which
 * comes first: a setting of the same name is what was asked for, not what became of it.
 */
export function lookup(profile: PrintProfile, runtime: Readonly<Record<string, Value>>): Lookup {
  return name => {
    if (Object.hasOwn(runtime, name)) return runtime[name]
    const { written } = profile
    if (Object.hasOwn(written, name)) return typedValue(written, name)
    if (Object.hasOwn(derived, name)) return derived[name]?.(profile)
    return typedValue(written, Object.hasOwn(aliases, name) ? (aliases[name] as string) : name)
  }
}

/** Values that Orca works out of several settings. */
const derived: Record<string, (profile: PrintProfile) => Value | undefined> = {
  curr_bed_type: ({ written }) => ({ type: 'enum', value: plateOf(written) }),
  bed_temperature: ({ written, temperatures }) => plateVector(written, '', temperatures.bed),
  bed_temperature_initial_layer: firstLayerBed,
  first_layer_bed_temperature: firstLayerBed,
  bed_temperature_initial_layer_single: ({ temperatures }) => ({
    type: 'int',
    value: Math.trunc(temperatures.bedFirstLayer),
  }),
  overall_chamber_temperature: ({ temperatures }) => ({ type: 'int', value: Math.trunc(temperatures.chamber) }),
  // Only the profile's own exports have it, as the presets' names.
  initial_filament_type: ({ filament }) => ({ type: 'string', value: filament.type }),
  outer_wall_volumetric_speed: profile => ({ type: 'float', value: outerWallVolumetricSpeed(profile) }),
}

function firstLayerBed({ written, temperatures }: PrintProfile): Value {
  return plateVector(written, '_initial_layer', temperatures.bedFirstLayer)
}

/** The filament's temperatures for the plate that is in the printer, one for each extruder. */
function plateVector(written: Settings, suffix: string, fallback: number): Value {
  const value = typedValue(written, `${plateSetting(written)}${suffix}`)
  const isSaid = value !== undefined && 'values' in value && value.values[0] != null
  return isSaid && first(written, `${plateSetting(written)}${suffix}`) !== undefined
    ? value
    : { type: 'int', values: [Math.trunc(fallback)] }
}

/** In mm3/s: what the outer wall's speed asks for, and no more than the filament allows. */
function outerWallVolumetricSpeed({ settings, layerHeightMm: height }: PrintProfile): number {
  const numberOf = (name: string, fallback: Setting) =>
    absoluteOf(settings, name, String(first(settings, name) ?? fallback)) ?? 0
  const width = measureOf(settings, 'outer_wall_line_width', String(first(settings, 'outer_wall_line_width') ?? 0)) ?? 0
  const area = height * (width - height * (1 - Math.PI / 4))
  const most = optionalNumber(settings, 'filament_max_volumetric_speed', { min: 0, max: 1e6 }) ?? 0
  const wanted = area * numberOf('outer_wall_speed', 60)
  return most > 0 ? Math.min(most, wanted) : wanted
}
