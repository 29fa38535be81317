import type { Settings } from '../../schema/http/profiles.ts'
import { first, optionalNumber, readNumber, text } from './read.ts'

/** In degrees Celsius; 0 where the profile leaves the nozzle or the chamber alone. */
export interface Temperatures {
  nozzle: number
  nozzleFirstLayer: number
  bed: number
  bedFirstLayer: number
  chamber: number
}

const nozzleRange = { min: 150, max: 450 }
const bedRange = { min: 0, max: 150 }
const chamberRange = { min: 0, max: 150 }

/** The plate that is in the printer says which of the filament's bed temperatures counts. */
const plateSettings: Record<string, string> = {
  'Cool Plate': 'cool_plate_temp',
  'Engineering Plate': 'eng_plate_temp',
  'High Temp Plate': 'hot_plate_temp',
  'Textured PEI Plate': 'textured_plate_temp',
  'Textured Cool Plate': 'textured_cool_plate_temp',
  'Supertack Plate': 'supertack_plate_temp',
}

/** In the order of Orca's numbers for them, which some machines name their plate by. */
const plates = [
  '',
  'Cool Plate',
  'Engineering Plate',
  'High Temp Plate',
  'Textured PEI Plate',
  'Textured Cool Plate',
  'Supertack Plate',
]

/** The plate in the printer: no preset says it, so it is the machine's usual one, or what Orca takes for printers with one. */
export function plateOf(settings: Settings): string {
  const named = text(settings, 'curr_bed_type', text(settings, 'default_bed_type', ''))
  const plate = plates[Number(named)] || named
  return Object.hasOwn(plateSettings, plate) ? plate : 'High Temp Plate'
}

/** The filament's setting for that plate; for the plate that most printers have where it says none. */
export function plateSetting(settings: Settings): string {
  const setting = plateSettings[plateOf(settings)] ?? 'hot_plate_temp'
  return first(settings, setting) === undefined ? 'hot_plate_temp' : setting
}

/** Errors: profile_invalid. */
export function readTemperatures(settings: Settings): Temperatures {
  const nozzle = nozzleTemperature(settings, 'nozzle_temperature') ?? 200
  const plate = plateSetting(settings)
  const bed = optionalNumber(settings, plate, bedRange) ?? 45
  return {
    nozzle,
    nozzleFirstLayer: nozzleTemperature(settings, 'nozzle_temperature_initial_layer') ?? nozzle,
    bed,
    bedFirstLayer: optionalNumber(settings, `${plate}_initial_layer`, bedRange) ?? bed,
    chamber:
      optionalNumber(settings, 'chamber_temperature', chamberRange) ??
      optionalNumber(settings, 'chamber_temperatures', chamberRange) ??
      0,
  }
}

/** 0 is for printers whose heaters are set by hand: pellet extruders with several zones. */
function nozzleTemperature(settings: Settings, name: string): number | undefined {
  const value = first(settings, name)
  return value !== undefined && readNumber(value) === 0 ? 0 : optionalNumber(settings, name, nozzleRange)
}
