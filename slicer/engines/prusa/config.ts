/** Converts a profile to PrusaSlicer's configuration file. */
import type { PrintProfile } from '../../profiles/profile.ts'
import { first } from '../../profiles/read.ts'
import { endMark } from '../native/body.ts'
import { choices, followed } from './names.ts'

export interface PrusaConfig {
  /** The text of a .ini file. */
  ini: string
  /** Sentences for the buyer about choices that PrusaSlicer does not have. */
  warnings: string[]
}

/**
 * Set in every slice, over the profile: no G-code except the reset of the extruder that relative extrusion needs, no heaters
 * (temperatures of 0 are not written), no limits of the machine, no thumbnails, no scripts.
 */
const fixed = {
  printer_technology: 'FFF',
  gcode_flavor: 'marlin',
  machine_limits_usage: 'time_estimate_only',
  use_relative_e_distances: '1',
  use_firmware_retraction: '0',
  start_gcode: '',
  end_gcode: endMark,
  before_layer_gcode: '',
  layer_gcode: 'G92 E0',
  toolchange_gcode: '',
  between_objects_gcode: '',
  // A list for one filament: an empty text would be a list without filaments.
  start_filament_gcode: '""',
  end_filament_gcode: '""',
  temperature: '0',
  first_layer_temperature: '0',
  bed_temperature: '0',
  first_layer_bed_temperature: '0',
  gcode_comments: '0',
  gcode_label_objects: '0',
  thumbnails: '',
  post_process: '',
  silent_mode: '0',
  remaining_times: '0',
}

export function prusaConfig(profile: PrintProfile): PrusaConfig {
  const config = new Map<string, string>([
    ['brim_type', 'no_brim'],
    ['layer_height', String(profile.layerHeightMm)],
    ['first_layer_height', String(profile.firstLayerHeightMm)],
    ['nozzle_diameter', String(profile.nozzleDiameterMm)],
    ['bed_shape', profile.bed.outline.map(({ x, y }) => `${x}x${y}`).join(',')],
    ['max_print_height', String(profile.bed.heightMm)],
  ])
  const warnings: string[] = []
  for (const [name, [theirs, kind]] of Object.entries(followed)) {
    const value = convert(profile, name, kind)
    if (value !== undefined) config.set(theirs, value)
  }
  for (const [name, { name: theirs, words, otherwise }] of Object.entries(choices)) {
    const choice = first(profile.settings, name)
    if (choice === undefined) continue
    const word = Object.hasOwn(words, String(choice)) ? words[String(choice)] : undefined
    if (word === undefined) {
      warnings.push(`The engine has no ${name} "${String(choice).slice(0, 60)}": "${otherwise}" was used.`)
    }
    config.set(theirs, word ?? otherwise)
  }
  setInfill(profile, config)
  setIroning(profile, config)
  setSupport(profile, config)
  if (String(first(profile.settings, 'wall_sequence') ?? '').startsWith('outer wall')) {
    config.set('external_perimeters_first', '1')
  }
  for (const [name, value] of Object.entries(fixed)) config.set(name, value)
  return { ini: [...config].map(([name, value]) => `${name} = ${value}\n`).join(''), warnings }
}

/** Returns undefined for a setting that is not set, or not a number where one is needed. */
function convert(profile: PrintProfile, name: string, kind: (typeof followed)[string][1]): string | undefined {
  const value = first(profile.settings, name)
  if (value === undefined) return undefined
  const text = String(value).trim()
  if (kind === 'yes') return ['1', 'true'].includes(text.toLowerCase()) ? '1' : '0'
  const isPercent = text.endsWith('%')
  const number = Number(isPercent ? text.slice(0, -1) : text)
  if (text === '' || !Number.isFinite(number)) return undefined
  if (kind === 'whole') return String(Math.round(number))
  if (!isPercent || kind === 'number') return String(number)
  if (kind === 'percent') return `${number}%`
  const whole = {
    ofNozzle: profile.nozzleDiameterMm,
    ofOuterWall: numberOf(profile, 'outer_wall_speed'),
    ofSupport: numberOf(profile, 'support_speed'),
  }[kind]
  return whole === undefined ? undefined : String(Number(((number / 100) * whole).toFixed(4)))
}

function numberOf(profile: PrintProfile, name: string): number | undefined {
  const number = Number(first(profile.settings, name))
  return Number.isFinite(number) ? number : undefined
}

/** At 100 % infill only patterns without gaps are possible. */
function setInfill({ settings }: PrintProfile, config: Map<string, string>): void {
  const density = first(settings, 'sparse_infill_density')
  if (density === undefined) return
  const percent = Number(String(density).replace('%', ''))
  if (!Number.isFinite(percent)) return
  config.set('fill_density', `${percent}%`)
  if (percent >= 100) config.set('fill_pattern', 'rectilinear')
}

function setIroning({ settings }: PrintProfile, config: Map<string, string>): void {
  const type = String(first(settings, 'ironing_type') ?? 'no ironing')
  if (!['top', 'topmost', 'solid'].includes(type)) return
  config.set('ironing', '1')
  config.set('ironing_type', type)
}

/** Orca's "manual" supports only painted surfaces, which our canonical model does not have. */
function setSupport({ settings }: PrintProfile, config: Map<string, string>): void {
  const type = String(first(settings, 'support_type') ?? 'normal(auto)')
  config.set('support_material_auto', type.includes('manual') ? '0' : '1')
}
