/** What comes before the first layer and after the last, for engines that do not know a printer's own G-code. */

import { type GcodeCommand, parseCommand } from '../gcode/command.ts'
import { keepsForPowerLoss } from '../gcode/forbidden.ts'
import { mayHome } from '../gcode/homing.ts'
import type { Vec3 } from '../model/mesh.ts'
import { expandPlaceholders } from './placeholders.ts'
import type { PrintProfile } from './profile.ts'
import { first } from './read.ts'

export interface Framing {
  start: string
  end: string
  /** Runs when the first layer is done. */
  afterFirstLayer: string
  /** Sentences for the buyer: what of the profile's G-code is not run. */
  warnings: string[]
}

/** A profile without start G-code still homes; one without end G-code lifts the nozzle off the print and lets go. */
const defaultStart = 'G28'
const liftMm = 5

/**
 * The profile's start and end G-code with its placeholders filled in. As in Orca, the heaters are set around it unless it
 * sets them itself: a start macro that takes temperatures says so by an "M104 S0" and an "M140 S0" before it.
 * Errors: profile_invalid.
 */
export function framingGcode(profile: PrintProfile, size: Vec3): Framing {
  const { nozzle, nozzleFirstLayer, bed, bedFirstLayer } = profile.temperatures
  const expand = (name: string, fallback: string) =>
    expandPlaceholders(String(first(profile.settings, name) ?? fallback), name, profile, size)
  const { gcode: own, leftOut } = withoutPowerLoss(expand('machine_start_gcode', defaultStart))
  const setsBed = /^\s*(M140|M190|SET_HEATER_TEMPERATURE\b.*heater_bed)\b/im.test(own)
  const setsNozzle = /^\s*(M104|M109|SET_HEATER_TEMPERATURE\b.*extruder)\b/im.test(own)
  const start = [
    ...(setsNozzle ? [] : [`M104 S${nozzleFirstLayer}`]),
    ...(setsBed ? [] : [`M190 S${bedFirstLayer}`]),
    'G90',
    // Some printers home by themselves before a file; none does before a stub, whose lines come from elsewhere.
    ...(homes(own) ? [] : ['G28']),
    own,
    ...(setsNozzle ? [] : [`M109 S${nozzleFirstLayer}`]),
    // A start macro may have left other modes behind.
    'G90',
    'G21',
    'M83',
    'G92 E0',
  ]
  const afterFirstLayer = [
    ...(nozzle === nozzleFirstLayer ? [] : [`M104 S${nozzle}`]),
    ...(bed === bedFirstLayer ? [] : [`M140 S${bed}`]),
  ]
  const top = Math.min(size.z + liftMm, profile.bed.heightMm)
  return {
    start: lines(start),
    end: lines([expand('machine_end_gcode', `G1 Z${top.toFixed(2)} F600\nM84`)]),
    afterFirstLayer: lines(afterFirstLayer),
    warnings:
      leftOut.length === 0
        ? []
        : [`Left out of the start G-code, since it writes to the printer's disk: ${leftOut.join(', ')}.`],
  }
}

function homes(gcode: string): boolean {
  return commandsOf(gcode).some(({ name }) => mayHome(name))
}

function withoutPowerLoss(gcode: string): { gcode: string; leftOut: string[] } {
  const leftOut = commandsOf(gcode).flatMap(({ name }) => (keepsForPowerLoss(name) ? name : []))
  if (leftOut.length === 0) return { gcode, leftOut }
  const kept = gcode.split('\n').filter(line => !keepsForPowerLoss(parseCommand(line)?.name ?? ''))
  return { gcode: kept.join('\n'), leftOut: [...new Set(leftOut)] }
}

function commandsOf(gcode: string): GcodeCommand[] {
  return gcode.split(/[\r\n]+/).flatMap(line => parseCommand(line) ?? [])
}

function lines(parts: string[]): string {
  return parts.map(part => `${part.trimEnd()}\n`).join('')
}
