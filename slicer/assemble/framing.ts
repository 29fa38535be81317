/** What stands before the first layer, between the layers and after the last, in Orca's order. The README has it as a table. */
import { type GcodeCommand, parseCommand } from '../gcode/command.ts'
import { heatsNozzle } from '../gcode/heaters.ts'
import { mayHome } from '../gcode/homing.ts'
import type { PrintProfile } from '../profiles/profile.ts'
import { first } from '../profiles/read.ts'
import type { Expander } from './expand.ts'
import type { Layer } from './layers.ts'
import type { RunValues } from './run-values.ts'

/** G-code from one source: a field of the profile, or "" for what we add ourselves. */
export interface Text {
  field: string
  gcode: string
}

export interface FramingOptions extends Expander {
  profile: PrintProfile
  /** Run-time values of the whole print. */
  values: RunValues
  /** Names of macros in capitals; null where the printer has not told them. */
  macros: ReadonlySet<string> | null
}

/** A profile without start G-code still homes; one without end G-code lifts the nozzle off the print and lets go. */
const defaultStart = 'G28'
const liftMm = 5
const modes = ['G90', 'G21', 'M83']
const setsHeaters = /^\s*(M104|M109|M140|M190|TURN_OFF_HEATERS)\b/im

/**
 * As in Orca, the profile's own start G-code heats. What it leaves out is set around it: a macro that is given the nozzle's
 * temperature heats by itself, and so does one after an "M104 S0" and an "M140 S0".
 */
export function startTexts(options: FramingOptions): Text[] {
  const { profile, expand, values } = options
  const { nozzleFirstLayer, bedFirstLayer } = profile.temperatures
  const start = expand('machine_start_gcode', values) ?? defaultStart
  const commands = commandsOf(start)
  const setsNozzle = commands.some(command => setsNozzleItself(command))
  const setsBed = commands.some(command => setsBedItself(command))
  const filament = expand('filament_start_gcode', values)
  return texts([
    ['file_start_gcode', expand('file_start_gcode', values)],
    ['', setsNozzle ? [] : [`M104 S${nozzleFirstLayer}`]],
    ['', setsBed ? [] : [`M190 S${bedFirstLayer}`]],
    ['', chamber(options)],
    ['', ['G90']],
    // Some printers home by themselves before a file; none does before a stub, whose lines come from elsewhere.
    ['', commands.some(({ name }) => mayHome(name)) ? [] : ['G28']],
    ['machine_start_gcode', start],
    ['', setsNozzle ? [] : [`M109 S${nozzleFirstLayer}`]],
    // A start macro may have left other modes behind.
    ['', filament === undefined ? [] : modes],
    ['filament_start_gcode', filament],
    ['', pressureAdvance(profile)],
    ['', [...modes, 'G92 E0', ...pushedAgain(options)]],
  ])
}

/** `travel` is the command that Orca goes up to the layer by, before the G-code that may take a picture. */
export function layerTexts({ profile, expand, values }: FramingOptions, layer: Layer, own: RunValues): Text[] {
  const all = { ...values, ...own }
  const timelapse = expand('time_lapse_gcode', all)
  const change = expand('layer_change_gcode', all)
  const goesUp = layer.n > 0 && (timelapse !== undefined || change !== undefined)
  return texts([
    ['before_layer_change_gcode', expand('before_layer_change_gcode', all)],
    ['', goesUp ? [`G1 Z${layer.z} F${liftFeedrate}`] : []],
    ['time_lapse_gcode', timelapse],
    ['layer_change_gcode', change],
    // Counted from 1. The interfaces show it, "pause at layer" waits for it, and a failed print is reported with it.
    ['', [`SET_PRINT_STATS_INFO CURRENT_LAYER=${layer.n + 1}`]],
    ['', layer.n === 1 ? afterFirstLayer(profile) : []],
  ])
}

export function endTexts({ profile, expand, values }: FramingOptions, last: RunValues): Text[] {
  const all = { ...values, ...last }
  const top = Math.min(Number(heightOf(values)) + liftMm, profile.bed.heightMm)
  const filament = expand('filament_end_gcode', all)
  const machine = expand('machine_end_gcode', all) ?? `G1 Z${top.toFixed(2)} F600\nM84`
  return texts([
    ['', ['M107']],
    ['filament_end_gcode', filament],
    ['machine_end_gcode', machine],
    ['', setsHeaters.test(`${filament ?? ''}\n${machine}`) ? [] : ['M104 S0', 'M140 S0']],
  ])
}

/** What the fields' own G-code may have changed is set again before the model's moves go on. */
export const restoredModes = ['G90', 'M83']
const liftFeedrate = 600
const pushFeedrate = 1800
const mostPulledBackMm = 100

function heightOf(values: RunValues): number {
  const value = values.max_layer_z
  return value && 'value' in value ? Number(value.value) : 0
}

function afterFirstLayer({ temperatures }: PrintProfile): string[] {
  const { nozzle, nozzleFirstLayer, bed, bedFirstLayer } = temperatures
  return [
    ...(nozzle === nozzleFirstLayer ? [] : [`M104 S${nozzle}`]),
    ...(bed === bedFirstLayer ? [] : [`M140 S${bed}`]),
  ]
}

/** Klipper has no built-in M191. Printers with a heated chamber define it as a macro. */
function chamber({ profile, macros }: FramingOptions): string[] {
  const { chamber: degrees } = profile.temperatures
  if (degrees === 0 || !isOn(profile, 'activate_chamber_temp_control') || !macros?.has('M191')) return []
  return [`M191 S${degrees}`]
}

/** Filament that the start G-code has pulled back, by its own word; the engine does not know of it. */
function pushedAgain({ pulledBackMm }: FramingOptions): string[] {
  const mm = pulledBackMm()
  return mm > 0 && mm <= mostPulledBackMm ? [`G1 E${mm.toFixed(3)} F${pushFeedrate}`] : []
}

function pressureAdvance(profile: PrintProfile): string[] {
  const advance = Number(first(profile.settings, 'pressure_advance') ?? Number.NaN)
  if (!isOn(profile, 'enable_pressure_advance') || !(advance >= 0 && advance < 10)) return []
  return [`SET_PRESSURE_ADVANCE ADVANCE=${advance}`]
}

function isOn({ settings }: PrintProfile, name: string): boolean {
  return ['1', 'true'].includes(String(first(settings, name)).toLowerCase())
}

function setsNozzleItself(command: GcodeCommand): boolean {
  const { name, text } = command
  if (/^(M104|M109)$/.test(name) || (name === 'SET_HEATER_TEMPERATURE' && text.includes('EXTRUDER'))) return true
  return heatsNozzle(command)
}

function setsBedItself({ name, text }: GcodeCommand): boolean {
  if (/^(M140|M190)$/.test(name) || (name === 'SET_HEATER_TEMPERATURE' && text.includes('HEATER_BED'))) return true
  return mayHome(name) && name !== 'G28' && /\bBED\w*\s*=\s*\d/.test(text)
}

function commandsOf(gcode: string): GcodeCommand[] {
  return gcode.split(/[\r\n]+/).flatMap(line => parseCommand(line) ?? [])
}

function texts(parts: [field: string, gcode: string | string[] | undefined][]): Text[] {
  return parts.flatMap(([field, gcode]) => {
    const text = Array.isArray(gcode) ? gcode.join('\n') : (gcode ?? '')
    return text === '' ? [] : [{ field, gcode: text }]
  })
}
