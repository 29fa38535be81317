/** The names that a profile's G-code may use: its typed settings with Orca's defaults, also under older names. */
import type { Setting, Settings } from '../../schema/http/profiles.ts'
import type { Lookup, Value } from '../placeholders/index.ts'
import { absoluteOf, measureOf } from './percentages.ts'
import type { PrintProfile } from './profile.ts'
import { first, optionalNumber } from './read.ts'
import { plateOf, plateSetting } from './temperatures.ts'
import { typedValue } from './typed-value.ts'

/** Names of Slic3r and PrusaSlicer that OrcaSlicer still defines or that profiles still use. */
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
 * Looks a name up in `runtime` (layers, times, positions of the finished slice, given by the caller), then in the profile.
 * `runtime` wins because a setting of the same name is the requested value, not the resulting one.
 */
export function lookup(profile: PrintProfile, runtime: Readonly<Record<string, Value>>): Lookup {
  return name => {
    if (Object.hasOwn(runtime, name)) return runtime[name]
    const { written } = profile
    if (Object.hasOwn(written, name)) return settingOf(written, name)
    if (Object.hasOwn(derived, name)) return derived[name]?.(profile)
    return settingOf(written, Object.hasOwn(aliases, name) ? (aliases[name] as string) : name)
  }
}

/** A first layer without a temperature uses that of the other layers: Orca's default would be that of PLA. */
function settingOf(written: Settings, name: string): Value | undefined {
  const [, general] = /^(.+_temp(?:erature)?)_initial_layer$/.exec(name) ?? []
  const isLeftOut = general && first(written, name) === undefined && first(written, general) !== undefined
  return typedValue(written, isLeftOut ? general : name)
}

/** Values that Orca computes from several settings. */
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
  // Orca's exports do not have it; the filament's type stands for it.
  initial_filament_type: ({ filament }) => ({ type: 'string', value: filament.type }),
  // Orca prints nothing here.
  bed_temperature_initial_layer_vector: () => ({ type: 'string', value: '' }),
  // As the command M106 wants it: a percentage of 255.
  during_print_exhaust_fan_speed_num: ({ written }) =>
    exhaustFan(typedValue(written, 'during_print_exhaust_fan_speed')),
  max_additional_fan: ({ written }) => elementOf(typedValue(written, 'additional_cooling_fan_speed'), 'float'),
  min_vitrification_temperature: ({ written }) => elementOf(typedValue(written, 'temperature_vitrification'), 'int'),
  retraction_distance_when_cut: ({ written }) =>
    elementOf(typedValue(written, 'retraction_distances_when_cut'), 'float'),
  long_retraction_when_cut: ({ written }) => elementOf(typedValue(written, 'long_retractions_when_cut'), 'bool'),
  has_tpu_in_first_layer: ({ filament }) => ({ type: 'bool', value: filament.type === 'TPU' }),
  is_all_bbl_filament: ({ written }) => ({ type: 'bool', value: first(written, 'filament_vendor') === 'Bambu Lab' }),
  outer_wall_volumetric_speed: profile => ({ type: 'float', value: outerWallVolumetricSpeed(profile) }),
}

function exhaustFan(percents: Value | undefined): Value | undefined {
  if (percents?.type !== 'int' || !('values' in percents)) return undefined
  const parts = percents.values.map(percent => (percent === null ? null : Math.trunc((percent / 100) * 255)))
  return { type: 'int', values: parts }
}

/** The used filament's element, which Orca gives as a scalar. */
function elementOf<T extends 'int' | 'float' | 'bool'>(value: Value | undefined, type: T): Value | undefined {
  const element = value && 'values' in value ? value.values[0] : undefined
  return element === undefined ? undefined : ({ type, value: element } as Value)
}

function firstLayerBed({ written, temperatures }: PrintProfile): Value {
  return plateVector(written, '_initial_layer', temperatures.bedFirstLayer)
}

/** The filament's temperatures for the printer's plate, one for each extruder. */
function plateVector(written: Settings, suffix: string, fallback: number): Value {
  const value = typedValue(written, `${plateSetting(written)}${suffix}`)
  const hasValue = value !== undefined && 'values' in value && value.values[0] != null
  return hasValue && first(written, `${plateSetting(written)}${suffix}`) !== undefined
    ? value
    : { type: 'int', values: [Math.trunc(fallback)] }
}

/** The flow of the outer wall at its speed, at most the filament's limit. In mm3/s. */
function outerWallVolumetricSpeed({ settings, layerHeightMm: height }: PrintProfile): number {
  const numberOf = (name: string, fallback: Setting) =>
    absoluteOf(settings, name, String(first(settings, name) ?? fallback)) ?? 0
  const width = measureOf(settings, 'outer_wall_line_width', String(first(settings, 'outer_wall_line_width') ?? 0)) ?? 0
  const area = height * (width - height * (1 - Math.PI / 4))
  const limit = optionalNumber(settings, 'filament_max_volumetric_speed', { min: 0, max: 1e6 }) ?? 0
  const flow = area * numberOf('outer_wall_speed', 60)
  return limit > 0 ? Math.min(limit, flow) : flow
}
