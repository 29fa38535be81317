/**
 * The temperatures that a command sets. Klipper enforces each printer's own limits; these are limits for all printers.
 */
import type { GcodeCommand } from './command.ts'

/** No plastic flows below it. A macro's parameter of at least this counts as the nozzle's temperature. */
const minNozzleTemperature = 150
const limits = { nozzle: 450, bed: 150, chamber: 150 }
type Heater = keyof typeof limits

const ownCommands: Record<string, Heater> = {
  M104: 'nozzle',
  M109: 'nozzle',
  M140: 'bed',
  M190: 'bed',
  M141: 'chamber',
  M191: 'chamber',
}
/** Names of macro parameters that are temperatures: EXTRUDER_TEMP, BEDTEMP, HOTEND. */
const temperatureNames = /TEMP|^(EXTRUDER|HOTEND|NOZZLE|BED|CHAMBER)$/

/** Returns the fault as the end of a sentence that begins with "line 5", or undefined. */
export function heaterFault(command: GcodeCommand): string | undefined {
  const { name, params } = command
  const heater = ownCommands[name]
  if (heater) return faultOf(name, heater, params.get('S') ?? '0')
  if (/^[GMT]\d/.test(name)) return undefined
  const given = parameters(command)
  for (const [key, value] of given) {
    if (name === 'SET_HEATER_TEMPERATURE') {
      const fault = key === 'TARGET' && faultOf(name, heaterNamed(given), value)
      if (fault) return fault
    } else if (temperatureNames.test(key) && Number(value) > limits.nozzle) {
      return faultOf(`${name} ${key}`, 'nozzle', value)
    }
  }
  return undefined
}

/** The temperature that a command of Klipper sets the first nozzle or the bed to; undefined for macros and all others. */
export function temperatureSet(command: GcodeCommand): { heater: 'nozzle' | 'bed'; degrees: number } | undefined {
  const { name, params } = command
  const given = new Map(name === 'SET_HEATER_TEMPERATURE' ? parameters(command) : [])
  const heater =
    ownCommands[name] ?? { EXTRUDER: 'nozzle' as const, HEATER_BED: 'bed' as const }[given.get('HEATER') ?? '']
  const degrees = Number(params.get('S') ?? given.get('TARGET') ?? 0)
  const isOtherTool = Number(params.get('T') ?? 0) !== 0
  return (heater === 'nozzle' || heater === 'bed') && !isOtherTool ? { heater, degrees } : undefined
}

/** True when the command heats the nozzle until plastic flows, also a start macro that gets the temperature as a parameter. */
export function heatsNozzle(command: GcodeCommand): boolean {
  const { name, params, text } = command
  if (ownCommands[name] === 'nozzle') return isNozzleTemperature(params.get('S') ?? '')
  // TOTAL_LAYER=200 is not a temperature.
  if (/^[GMT]\d/.test(name) || name === 'SET_PRINT_STATS_INFO' || /HEATER_BED/.test(text)) return false
  return parameters(command).some(([, value]) => isNozzleTemperature(value))
}

function isNozzleTemperature(value: string): boolean {
  const number = Number(value)
  return number >= minNozzleTemperature && number <= limits.nozzle
}

function faultOf(what: string, heater: Heater, value: string): string | undefined {
  const degrees = Number(value)
  const limit = limits[heater]
  if (value === '' || Number.isNaN(degrees))
    return `has ${what} with "${value.slice(0, 40)}" where a temperature should be`
  if (degrees > limit) return `sets ${what} to ${value} degrees: a ${heater} may have ${limit} at most`
  return undefined
}

/** Returns the strictest heater when HEATER= is given several times: we do not rely on which one Klipper uses. */
function heaterNamed(given: [string, string][]): Heater {
  const names = given.filter(([key]) => key === 'HEATER').map(([, value]) => value)
  if (names.length > 0 && names.every(name => name.startsWith('EXTRUDER'))) return 'nozzle'
  return names.some(name => name.includes('CHAMBER')) ? 'chamber' : 'bed'
}

/** KEY=VALUE pairs. Klipper parses them like shell words, in which quotes may stand anywhere, so quotes are removed. */
function parameters({ text }: GcodeCommand): [string, string][] {
  const plain = text.replace(/["'\\]/g, '')
  return [...plain.matchAll(/([A-Z_0-9]+)\s*=\s*(\S*)/g)].map(([, key = '', value = '']) => [key, value])
}
