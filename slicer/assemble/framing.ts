/** The G-code before the first layer, between the layers and after the last, in Orca's order (a table in README.md). */
import { type GcodeCommand, parseCommand } from '../gcode/command.ts'
import { heatsNozzle } from '../gcode/heaters.ts'
import { mayHome } from '../gcode/homing.ts'
import type { PrintProfile } from '../profiles/profile.ts'
import { first } from '../profiles/read.ts'
import type { Expander } from './expand.ts'
import type { Layer } from './layers.ts'
import { beforeFirstLayer, type RunValues } from './run-values.ts'

/** G-code from one source: a field of the profile, or "" for lines that we add. */
export interface Text {
  field: string
  gcode: string
}

export interface FramingOptions extends Expander {
  profile: PrintProfile
  /** Run-time values of the whole print. */
  values: RunValues
  /** Names of the printer's macros in capitals; null before the printer has reported them. */
  macros: ReadonlySet<string> | null
}

/** The start G-code of a profile that has none. */
const defaultStart = 'G28'
const liftMm = 5
const modes = ['G90', 'G21', 'M83']
const setsHeaters = /^\s*(M104|M109|M140|M190|TURN_OFF_HEATERS)\b/im

/**
 * As in Orca, the profile's own start G-code heats; heaters that it does not set are set around it. A macro with the nozzle's
 * temperature as a parameter counts as setting it, and so do "M104 S0" and "M140 S0", which macros use that heat themselves.
 */
export function startTexts(options: FramingOptions): Text[] {
  const { profile, expand, values } = options
  const { nozzleFirstLayer, bedFirstLayer } = profile.temperatures
  const start = expand('machine_start_gcode', values) ?? defaultStart
  const commands = commandsOf(start)
  const setsNozzle = commands.some(command => setsNozzleItself(command))
  const setsBed = commands.some(command => setsBedItself(command))
  const filament = expand('filament_start_gcode', { ...values, ...beforeFirstLayer })
  return texts([
    ['file_start_gcode', expand('file_start_gcode', values)],
    ['', setsNozzle ? [] : [`M104 S${nozzleFirstLayer}`]],
    ['', setsBed ? [] : [`M190 S${bedFirstLayer}`]],
    ['', chamber(options)],
    ['', ['G90']],
    // Some printers home by themselves before a file, but never before a stub, which has no lines of its own.
    ['', commands.some(({ name }) => mayHome(name)) ? [] : ['G28']],
    ['machine_start_gcode', start],
    ['', setsNozzle ? [] : [`M109 S${nozzleFirstLayer}`]],
    // A start macro may have changed the modes.
    ['', filament === undefined ? [] : modes],
    ['filament_start_gcode', filament],
    ['', pressureAdvance(profile)],
    ['', [...modes, 'G92 E0', ...restoreFilament(options)]],
  ])
}

/** As in Orca, the head moves up to the layer before the G-code that may take a picture. */
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
    // Counted from 1. Interfaces show it, "pause at layer" waits for it, and the report of a failed print has it.
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

/** Set again after a field's G-code, which may have changed them. */
export const restoredModes = ['G90', 'M83']
const liftFeedrate = 600
const pushFeedrate = 1800
const maxPulledBackMm = 100

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

/** Pushes back the filament that the start G-code declares as pulled back; the engine does not know of it. */
function restoreFilament({ pulledBackMm }: FramingOptions): string[] {
  const mm = pulledBackMm()
  return mm > 0 && mm <= maxPulledBackMm ? [`G1 E${mm.toFixed(3)} F${pushFeedrate}`] : []
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
