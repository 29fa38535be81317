/** Compares a profile and its G-code with the facts of a printer. Pure: returns sentences for the user. */

import { knownCommands } from '../../schema/gcode/known-commands.ts'
import type { PrinterFacts } from '../../schema/http/printer-facts.ts'
import { type GcodeCommand, parseCommand } from '../gcode/command.ts'
import { temperatureSet } from '../gcode/heaters.ts'
import type { PrintProfile } from '../profiles/profile.ts'
import { first, readNumber } from '../profiles/read.ts'

export interface Findings {
  warnings: string[]
  /** Each would make the print fail at the printer. */
  faults: string[]
}

const nozzleToleranceMm = 0.01
/** Profiles often state a bed that is a little larger than the axes' range. */
const bedToleranceMm = 10
const maxFindings = 20

export function compareWithPrinter(profile: PrintProfile, printer: PrinterFacts, gcode: string): Findings {
  const commands = gcode.split('\n').flatMap(line => parseCommand(line) ?? [])
  const faults = [
    ...nozzleFaults(profile, printer),
    ...bedFaults(profile, printer),
    ...heaterFaults(profile, printer, commands),
  ]
  const warnings = [...arcWarnings(profile, printer), ...chamberWarnings(profile, printer)]
  const calls = callsIn(commands)
  faults.push(...unknownCommands(calls, printer))
  warnings.push(...unreadParameters(calls, printer))
  return { warnings: warnings.slice(0, maxFindings), faults: faults.slice(0, maxFindings) }
}

function nozzleFaults({ nozzleDiameterMm: wanted }: PrintProfile, { nozzle_diameter_mm: has }: PrinterFacts): string[] {
  if (has === null || Math.abs(has - wanted) <= nozzleToleranceMm) return []
  return [
    `The profile is for a nozzle of ${wanted} mm; your printer has one of ${has} mm (nozzle_diameter in printer.cfg).`,
  ]
}

function bedFaults({ bed }: PrintProfile, { axis_min: min, axis_max: max }: PrinterFacts): string[] {
  if (!min || !max) return []
  const beyond = (['x', 'y'] as const).filter(
    axis => bed.max[axis] > max[axis] + bedToleranceMm || bed.min[axis] < min[axis] - bedToleranceMm,
  )
  return beyond.map(
    axis =>
      `The profile's bed is from ${bed.min[axis]} to ${bed.max[axis]} mm in ${axis.toUpperCase()}; your printer reaches ` +
      `from ${min[axis]} to ${max[axis]} mm.`,
  )
}

function heaterFaults({ temperatures }: PrintProfile, { heaters }: PrinterFacts, commands: GcodeCommand[]): string[] {
  const hottest = hottestIn(commands)
  const targets = [
    { what: 'nozzle', needed: Math.max(temperatures.nozzle, temperatures.nozzleFirstLayer), name: 'extruder' },
    { what: 'bed', needed: Math.max(temperatures.bed, temperatures.bedFirstLayer), name: 'heater_bed' },
  ] as const
  return targets.flatMap(({ what, needed, name }) => {
    const limit = heaters.find(heater => heater.name === name)?.max_temp
    if (limit === undefined) return []
    const allowed = `your printer allows at most ${limit} there (max_temp).`
    if (needed > limit) return [`The filament needs ${needed} degrees at the ${what}; ${allowed}`]
    return hottest[what] > limit
      ? [`The profile's G-code sets the ${what} to ${hottest[what]} degrees; ${allowed}`]
      : []
  })
}

/** Klipper ends a print with an error when a command asks for more than its limit. */
function hottestIn(commands: GcodeCommand[]): { nozzle: number; bed: number } {
  const hottest = { nozzle: 0, bed: 0 }
  for (const command of commands) {
    const set = temperatureSet(command)
    if (set) hottest[set.heater] = Math.max(hottest[set.heater], set.degrees)
  }
  return hottest
}

function arcWarnings({ settings }: PrintProfile, { has_gcode_arcs }: PrinterFacts): string[] {
  const wantsArcs = readNumber(first(settings, 'enable_arc_fitting') ?? 0) === 1
  if (!wantsArcs || has_gcode_arcs !== false) return []
  return ['Your printer does not understand arcs (no [gcode_arcs] in printer.cfg): they are printed as lines.']
}

function chamberWarnings({ temperatures, settings }: PrintProfile, printer: PrinterFacts): string[] {
  const needsChamber =
    temperatures.chamber > 0 && readNumber(first(settings, 'activate_chamber_temp_control') ?? 0) === 1
  const hasChamber =
    printer.heaters.some(heater => /chamber/i.test(heater.name)) ||
    printer.macros.some(macro => macro.name === 'M141' || macro.name === 'M191')
  if (!needsChamber || hasChamber || printer.heaters.length === 0) return []
  return [`The filament needs a chamber of ${temperatures.chamber} degrees; your printer has no chamber heater.`]
}

interface Call {
  name: string
  params: string[]
}

function callsIn(commands: GcodeCommand[]): Call[] {
  const calls = new Map<string, Call>()
  for (const command of commands) {
    if (/^G[0-3]$/.test(command.name)) continue
    const name = command.text.split(/\s/, 1)[0] ?? command.name
    const isMacroCall = !/^[GMT]\d/.test(command.name)
    const params = isMacroCall ? [...command.text.matchAll(/\b([A-Z_][A-Z0-9_]*)=/g)].map(([, key = '']) => key) : []
    const known = calls.get(isMacroCall ? name : command.name)
    calls.set(isMacroCall ? name : command.name, {
      name: isMacroCall ? name : command.name,
      params: [...(known?.params ?? []), ...params],
    })
  }
  return [...calls.values()]
}

/** Klipper lists only commands that have a help text; `knownCommands` adds the others, as the edge does. */
function unknownCommands(calls: Call[], { macros, commands }: PrinterFacts): string[] {
  if (commands.length === 0) return []
  const names = macros.map(({ name }) => name)
  const known = knownCommands([...commands, ...names])
  return calls
    .filter(({ name }) => !known.has(name))
    .map(({ name }) => {
      const similar = names.filter(other => wordsOf(other) === wordsOf(name))
      return `Your printer has no ${name}${similar.length > 0 ? `; it has ${similar.join(', ')}` : ''}.`
    })
}

/** The name's words in alphabetical order: PRINT_START and START_PRINT are equal then. */
function wordsOf(name: string): string {
  return name.split('_').filter(Boolean).sort().join(' ')
}

function unreadParameters(calls: Call[], { macros }: PrinterFacts): string[] {
  return calls.flatMap(({ name, params }) => {
    const macro = macros.find(one => one.name === name)
    const unread = macro && macro.params.length > 0 ? params.filter(key => !macro.params.includes(key)) : []
    if (!macro || unread.length === 0) return []
    return [
      `Your printer's ${name} does not read ${[...new Set(unread)].join(', ')}; it reads ${macro.params.join(', ')}.`,
    ]
  })
}
