import type { Settings } from '../../schema/http/profiles.ts'
import { first, optionalNumber, readNumber, text } from './read.ts'

/** In degrees Celsius; 0 when the profile does not heat the nozzle or the chamber. */
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

/** A filament has a bed temperature for each type of plate. */
const plateSettings: Record<string, string> = {
  'Cool Plate': 'cool_plate_temp',
  'Engineering Plate': 'eng_plate_temp',
  'High Temp Plate': 'hot_plate_temp',
  'Textured PEI Plate': 'textured_plate_temp',
  'Textured Cool Plate': 'textured_cool_plate_temp',
  'Supertack Plate': 'supertack_plate_temp',
}

/** Indexed by Orca's number of the plate, which some machines use instead of the name. */
const plates = [
  '',
  'Cool Plate',
  'Engineering Plate',
  'High Temp Plate',
  'Textured PEI Plate',
  'Textured Cool Plate',
  'Supertack Plate',
]

/** The plate in the printer: the machine's default plate, otherwise the one that Orca assumes for printers with one plate. */
export function plateOf(settings: Settings): string {
  const named = text(settings, 'curr_bed_type', text(settings, 'default_bed_type', ''))
  const plate = plates[Number(named)] || named
  return Object.hasOwn(plateSettings, plate) ? plate : 'High Temp Plate'
}

/** The name of the filament's setting for that plate, or for the most common plate when it sets none. */
export function plateSetting(settings: Settings): string {
  const setting = plateSettings[plateOf(settings)] ?? 'hot_plate_temp'
  return first(settings, setting) === undefined ? 'hot_plate_temp' : setting
}

/** Errors: profile_invalid. */
export function readTemperatures(settings: Settings): Temperatures {
  const firstLayer = nozzleTemperature(settings, 'nozzle_temperature_initial_layer')
  const nozzle = nozzleTemperature(settings, 'nozzle_temperature') ?? firstLayer ?? 200
  const plate = plateSetting(settings)
  const bed = optionalNumber(settings, plate, bedRange) ?? 45
  return {
    nozzle,
    nozzleFirstLayer: firstLayer ?? nozzle,
    bed,
    bedFirstLayer: optionalNumber(settings, `${plate}_initial_layer`, bedRange) ?? bed,
    chamber:
      optionalNumber(settings, 'chamber_temperature', chamberRange) ??
      optionalNumber(settings, 'chamber_temperatures', chamberRange) ??
      0,
  }
}

/** 0 is allowed: the heaters of pellet extruders with several zones are set by hand. */
function nozzleTemperature(settings: Settings, name: string): number | undefined {
  const value = first(settings, name)
  return value !== undefined && readNumber(value) === 0 ? 0 : optionalNumber(settings, name, nozzleRange)
}
