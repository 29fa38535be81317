/**
 * A print profile, understood: what an engine, the G-code check and the printer's file list need to know of Orca's three
 * maps of settings, with defaults (Orca's own) for what is not set and a refusal of what cannot be.
 */
import { AppError } from '../../schema/http/errors.ts'
import { profileContents, type Settings } from '../../schema/http/profiles.ts'
import { type Bed, readBed } from './bed.ts'
import { first, optionalNumber, text } from './read.ts'

export interface PrintProfile {
  /** All settings in one map, under Orca's names. */
  settings: Settings
  bed: Bed
  nozzleDiameterMm: number
  layerHeightMm: number
  firstLayerHeightMm: number
  /** In degrees Celsius; chamber: 0 where it is not heated. */
  temperatures: { nozzle: number; nozzleFirstLayer: number; bed: number; bedFirstLayer: number; chamber: number }
  /** `colour` as #RRGGBB, where the profile says it. */
  filament: { type: string; name: string; colour: string | null; diameterMm: number; densityGCm3: number }
}

const nozzleRange = { min: 150, max: 350 }
const bedRange = { min: 0, max: 150 }
const chamberRange = { min: 0, max: 150 }
const layerRange = { min: 0.02, max: 2 }

/** Settings that would stop an engine, or make it work for ever, when they are out of these bounds. */
const ranges: Record<string, { min: number; max: number }> = {
  wall_loops: { min: 0, max: 100 },
  top_shell_layers: { min: 0, max: 1000 },
  bottom_shell_layers: { min: 0, max: 1000 },
  sparse_infill_density: { min: 0, max: 100 },
  skirt_loops: { min: 0, max: 100 },
  skirt_distance: { min: 0, max: 100 },
  brim_width: { min: 0, max: 100 },
  raft_layers: { min: 0, max: 100 },
  outer_wall_speed: { min: 1, max: 2000 },
  initial_layer_speed: { min: 1, max: 2000 },
  travel_speed: { min: 1, max: 2000 },
  retraction_length: { min: 0, max: 100 },
  z_hop: { min: 0, max: 10 },
  filament_flow_ratio: { min: 0.1, max: 5 },
}

/** The plate that is in the printer says which of the filament's bed temperatures counts. */
const plateSettings: Record<string, string> = {
  'Cool Plate': 'cool_plate_temp',
  'Engineering Plate': 'eng_plate_temp',
  'High Temp Plate': 'hot_plate_temp',
  'Textured PEI Plate': 'textured_plate_temp',
  'Textured Cool Plate': 'textured_cool_plate_temp',
  'Supertack Plate': 'supertack_plate_temp',
}

const densities: Record<string, number> = { PLA: 1.24, PETG: 1.27, ABS: 1.04, ASA: 1.07, TPU: 1.21, PA: 1.14, PC: 1.2 }

/** Errors: profile_invalid. */
export function readProfile(contents: unknown): PrintProfile {
  const parsed = profileContents.safeParse(contents)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new AppError('profile_invalid', `The profile cannot be read: ${issue?.path.join('.')}: ${issue?.message}.`)
  }
  // Orca's order: a filament may override its machine.
  const settings = { ...parsed.data.machine_settings, ...parsed.data.filament, ...parsed.data.process_settings }
  for (const [name, range] of Object.entries(ranges)) optionalNumber(settings, name, range)

  const nozzleDiameterMm = optionalNumber(settings, 'nozzle_diameter', { min: 0.1, max: 2 }) ?? 0.4
  const layerHeightMm = optionalNumber(settings, 'layer_height', layerRange) ?? 0.2
  const firstLayerHeightMm = optionalNumber(settings, 'initial_layer_print_height', layerRange) ?? 0.2
  if (Math.max(layerHeightMm, firstLayerHeightMm) > nozzleDiameterMm) {
    throw new AppError('profile_invalid', `A layer cannot be higher than the nozzle is wide (${nozzleDiameterMm} mm).`)
  }
  return {
    settings,
    bed: readBed(settings),
    nozzleDiameterMm,
    layerHeightMm,
    firstLayerHeightMm,
    temperatures: readTemperatures(settings),
    filament: readFilament(settings),
  }
}

function readTemperatures(settings: Settings): PrintProfile['temperatures'] {
  const nozzle = optionalNumber(settings, 'nozzle_temperature', nozzleRange) ?? 200
  const plate = plateSettings[text(settings, 'curr_bed_type', 'High Temp Plate')] ?? 'hot_plate_temp'
  const setting = first(settings, plate) === undefined ? 'hot_plate_temp' : plate
  const bed = optionalNumber(settings, setting, bedRange) ?? 45
  return {
    nozzle,
    nozzleFirstLayer: optionalNumber(settings, 'nozzle_temperature_initial_layer', nozzleRange) ?? nozzle,
    bed,
    bedFirstLayer: optionalNumber(settings, `${setting}_initial_layer`, bedRange) ?? bed,
    chamber: optionalNumber(settings, 'chamber_temperature', chamberRange) ?? 0,
  }
}

function readFilament(settings: Settings): PrintProfile['filament'] {
  const type = text(settings, 'filament_type', 'PLA').slice(0, 40)
  const density = optionalNumber(settings, 'filament_density', { min: 0, max: 30 })
  return {
    type,
    name: text(settings, 'filament_settings_id', '').slice(0, 100),
    colour: readColour(text(settings, 'filament_colour', text(settings, 'default_filament_colour', ''))),
    diameterMm: optionalNumber(settings, 'filament_diameter', { min: 0.5, max: 5 }) ?? 1.75,
    densityGCm3: density || (densities[type] ?? 1.24),
  }
}

/** Orca may write how opaque it is behind it. What is no colour is only not shown. */
function readColour(value: string): string | null {
  const [, colour] = /^(#[0-9a-f]{6})(?:[0-9a-f]{2})?$/i.exec(value.trim()) ?? []
  return colour?.toUpperCase() ?? null
}
