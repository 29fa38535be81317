/**
 * Run-time values for G-code fields, under Orca's names: values that are not settings and are known after slicing (listed in
 * README.md). Lengths in mm, times in seconds.
 */
import type { SliceStats } from '../engines/engine.ts'
import type { Value } from '../placeholders/index.ts'
import type { PrintProfile } from '../profiles/profile.ts'
import { optionalNumber } from '../profiles/read.ts'
import { bedMesh } from './bed-mesh.ts'
import type { Body, Layer } from './layers.ts'
import { safeModelName } from './object.ts'

export type RunValues = Record<string, Value>

export interface Slice {
  profile: PrintProfile
  body: Body
  stats: Pick<SliceStats, 'layers' | 'estimated_time_s' | 'filament_mm'>
  /** The designer's title, unchanged, for macros and the printer's object list; null when the marketplace did not send it. */
  modelName: string | null
  now: Date
}

const int = (value: number): Value => ({ type: 'int', value })
const ints = (...values: number[]): Value => ({ type: 'int', values })
const float = (value: number): Value => ({ type: 'float', value: round(value) })
const floats = (...values: number[]): Value => ({ type: 'float', values: values.map(round) })
const bool = (value: boolean): Value => ({ type: 'bool', value })
const string = (value: string): Value => ({ type: 'string', value })
/** Orca's maximum: templates also ask whether extruders beyond the printer's are used. */
const maxExtruders = 16
/** What OrcaSlicer prints for [version]: its version of the profiles' format, not its own. */
const orcaVersion = '01.10.01.50'

/** The values of the whole print, for start and end G-code. */
export function runValues(slice: Slice): RunValues {
  const { body } = slice
  const { min, max, outline } = body.firstLayer
  return {
    total_layer_count: int(body.layers.length),
    max_layer_z: float(body.maxZ),
    max_print_z: int(Math.ceil(round(body.maxZ))),
    first_layer_print_min: floats(min.x, min.y),
    first_layer_print_max: floats(max.x, max.y),
    first_layer_print_size: floats(max.x - min.x, max.y - min.y),
    first_layer_print_convex_hull: { type: 'point', values: outline.map(({ x, y }) => ({ x: round(x), y: round(y) })) },
    first_layer_center_no_wipe_tower: floats((min.x + max.x) / 2, (min.y + max.y) / 2),
    ...meshValues(slice),
    ...bedValues(slice.profile),
    ...countedValues(slice),
    ...extruderValues(slice.profile),
    ...nameValues(slice),
    ...timeValues(slice.now),
  }
}

/**
 * The values of one layer, in addition to those of the print. As in Orca, max_layer_z is the highest so far and layer_num counts
 * from 0. `position` is the end of the model's moves in the previous layer.
 */
export function layerValues(layer: Layer, maxZ: number, before: Layer | undefined): RunValues {
  const { x, y, z } = before?.end ?? { x: 0, y: 0, z: 0 }
  return {
    layer_num: int(layer.n),
    layer_z: float(layer.z),
    max_layer_z: float(maxZ),
    position: floats(orZero(x), orZero(y), orZero(z)),
  }
}

/** Where Orca stands when a filament begins. */
export const beforeFirstLayer: RunValues = { layer_num: int(-1), layer_z: float(0) }

function meshValues({ profile, body }: Slice): RunValues {
  const mesh = bedMesh(profile.settings, body.firstLayer)
  return {
    adaptive_bed_mesh_min: floats(mesh.min.x, mesh.min.y),
    adaptive_bed_mesh_max: floats(mesh.max.x, mesh.max.y),
    bed_mesh_probe_count: ints(mesh.count.x, mesh.count.y),
    bed_mesh_algo: string(mesh.algorithm),
  }
}

function bedValues({ bed }: PrintProfile): RunValues {
  return {
    print_bed_min: floats(bed.min.x, bed.min.y),
    print_bed_max: floats(bed.max.x, bed.max.y),
    print_bed_size: floats(bed.max.x - bed.min.x, bed.max.y - bed.min.y),
  }
}

function countedValues({ profile, stats }: Slice): RunValues {
  const { filament, settings } = profile
  const volumeMm3 = stats.filament_mm * Math.PI * (filament.diameterMm / 2) ** 2
  const weightG = (volumeMm3 / 1000) * filament.densityGCm3
  const pricePerKg = optionalNumber(settings, 'filament_cost', { min: 0, max: 1e9 }) ?? 0
  const seconds = Math.round(stats.estimated_time_s)
  const [day, hour, minute, second] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ]
  const parts: [number, string][] = [
    [day, 'd'],
    [hour, 'h'],
    [minute, 'm'],
    [second, 's'],
  ]
  const time = parts.slice(parts.findIndex(([count]) => count > 0)).map(([count, unit]) => `${count}${unit}`)
  return {
    print_time: string(time.join(' ')),
    normal_print_time: string(time.join(' ')),
    // Orca estimates a second time for printers with a silent mode, which Klipper's do not have.
    silent_print_time: string('N/A'),
    print_time_sec: string(String(seconds)),
    print_time_total_sec: string(String(seconds)),
    print_time_day: string(String(day)),
    print_time_hour: string(String(hour)),
    print_time_minute: string(String(minute)),
    used_filament: float(stats.filament_mm / 1000),
    used_filament_length: string((stats.filament_mm / 1000).toFixed(2)),
    extruded_volume: float(volumeMm3),
    extruded_volume_total: float(volumeMm3),
    extruded_weight_total: float(weightG),
    total_weight: float(weightG),
    total_cost: float((weightG / 1000) * pricePerKg),
    total_wipe_tower_cost: float(0),
    total_wipe_tower_filament: float(0),
  }
}

/** We slice for one extruder with one filament, so each of Orca's numbers of them is 0. */
const zeros = [
  ...['initial_tool', 'initial_extruder', 'initial_hotend', 'initial_filament_id', 'initial_nozzle_id'],
  ...['initial_no_support_tool', 'initial_no_support_extruder', 'initial_no_support_hotend'],
  ...['initial_no_support_filament_id', 'filament_extruder_id', 'curr_physical_extruder_id'],
  ...['current_extruder', 'current_hotend', 'current_filament_id', 'current_extruder_id', 'current_nozzle_id'],
  ...[
    'most_used_physical_extruder_id',
    'total_toolchanges',
    'current_object_idx',
    'timelapse_pos_x',
    'timelapse_pos_y',
  ],
]
const listsOfZero = [
  ...['first_tools', 'first_filaments'],
  ...['first_non_support_tools', 'first_non_support_filaments', 'first_non_support_hotend'],
]
/** What only prints of several filaments, or printers of Bambu Lab, have. */
const absent = [
  ...['has_wipe_tower', 'wipe_tower_center_pos_valid', 'has_single_extruder_multi_material_priming'],
  ...['enable_high_low_temp_mix', 'bbl_bed_temperature_gcode', 'in_head_wrap_detect_zone'],
  ...['has_timelapse_safe_pos', 'hold_chamber_temp_for_flat_print'],
]

const named = (names: string[], value: Value): RunValues => Object.fromEntries(names.map(name => [name, value]))

function extruderValues({ written }: PrintProfile): RunValues {
  return {
    ...named(zeros, int(0)),
    ...named(listsOfZero, ints(0)),
    ...named(absent, bool(false)),
    // As in Orca, the nozzles of the printer, used or not.
    num_extruders: int(Math.max(1, [written.nozzle_diameter ?? []].flat().length)),
    num_printing_extruders: int(1),
    is_extruder_used: { type: 'bool', values: Array.from({ length: maxExtruders }, (_, index) => index === 0) },
    wipe_tower_center_pos_x: float(0),
    wipe_tower_center_pos_y: float(0),
    position: floats(0, 0, 0),
    zhop: float(0),
    e_position: floats(0),
    e_retracted: floats(0),
    e_restart_extra: floats(0),
  }
}

function nameValues({ modelName }: Slice): RunValues {
  const name = safeModelName(modelName)
  return {
    model_name: string(name),
    input_filename: string(`${name}.stl`),
    input_filename_base: string(name),
    plate_number: string('1'),
    plate_name: string(''),
    num_objects: int(1),
    num_instances: int(1),
    scale: { type: 'string', values: ['x:100% y:100% z:100%'] },
    physical_printer_preset: string(''),
    version: string(orcaVersion),
  }
}

/** In UTC, as the printer's time zone is not known. */
function timeValues(now: Date): RunValues {
  const two = (value: number) => String(value).padStart(2, '0')
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth() + 1, now.getUTCDate()]
  const [hour, minute, second] = [now.getUTCHours(), now.getUTCMinutes(), now.getUTCSeconds()]
  return {
    timestamp: string(`${year}${two(month)}${two(day)}-${two(hour)}${two(minute)}${two(second)}`),
    year: int(year),
    month: int(month),
    day: int(day),
    hour: int(hour),
    minute: int(minute),
    second: int(second),
  }
}

/** Rounds to six decimals, which hides errors of floating-point arithmetic. */
function round(value: number): number {
  return Number(value.toFixed(6))
}

function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value
}
