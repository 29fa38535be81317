/**
 * Checks G-code that stands around the model's layers: the profile's own and what we add to it. It may leave the bed (a
 * purge strip beside it is normal), but not the printer's axes, and the model begins only when the printer is homed and hot.
 */
import { AppError } from '../../schema/http/errors.ts'
import { type GcodeCommand, parseCommand } from '../gcode/command.ts'
import { createHead, type Head, type PlaceFault } from '../gcode/head.ts'
import { heatsNozzle } from '../gcode/heaters.ts'
import { followHoming } from '../gcode/homing.ts'
import { BadMove } from '../gcode/number.ts'
import type { Move } from '../gcode/plain-move.ts'
import { commandFault } from './command-fault.ts'

export interface TextCheck {
  /** Checks one line of `field`, and follows it. Errors: gcode_rejected, with field and line. */
  line: (text: string, field: string, line: number) => void
  /** The lines that an arc is followed by, in a line that `line` has not seen yet. Errors: gcode_rejected. */
  arc: (command: GcodeCommand, field: string, line: number) => Move[]
  /** Called where the model's moves begin or go on. Errors: gcode_rejected. */
  beforeModel: (field: string) => void
  /** Says where the model's moves have ended. */
  afterModel: (position: Readonly<Move>) => void
  head: Head
}

export function createTextCheck(placeFault: PlaceFault): TextCheck {
  const head = createHead(placeFault)
  const homing = followHoming()
  let isHeated = false

  function line(text: string, field: string, number: number): void {
    const command = parseCommand(text)
    if (!command) return
    const fault = commandFault(command, text)
    if (fault) throw rejected(`${field} line ${number} ${fault}`)
    isHeated ||= heatsNozzle(command)
    homing.run(command)
    const isLaying = within(field, number, () => head.run(command))
    if (isLaying && !isHeated) throw rejected(`${field} line ${number} extrudes before the nozzle was heated`)
    if (isLaying && !homing.isHomed()) {
      throw rejected(`${field} line ${number} extrudes before the printer was homed: no G28, no macro`)
    }
  }

  function within<T>(field: string, number: number, follow: () => T): T {
    try {
      return follow()
    } catch (error) {
      throw error instanceof BadMove ? rejected(`${field} line ${number} ${error.message}`) : error
    }
  }

  return {
    head,
    line,
    arc: (command, field, number) => within(field, number, () => head.arc(command)),
    beforeModel: field => {
      if (!isHeated) throw rejected(`the model begins before the nozzle was heated; ${field} has to heat it`)
      if (!homing.isHomed())
        throw rejected(`the model begins before the printer was homed: ${field} has no G28, no macro`)
      const { x, y, z } = head.origin
      if (x !== 0 || y !== 0 || z !== 0) {
        throw rejected(`${field} moves the origin of X, Y or Z (G92) and does not move it back`)
      }
    },
    afterModel: position => Object.assign(head.position, position),
  }
}

function rejected(what: string): AppError {
  return new AppError('gcode_rejected', `The G-code was refused: ${what}.`)
}
