/**
 * Checks the G-code around the model's layers: the profile's own and the lines that we add. It may leave the bed (a purge
 * strip beside it is normal) but not the printer's axes, and must home and heat the printer before the model begins.
 */
import { AppError } from '../../schema/http/errors.ts'
import { type GcodeCommand, parseCommand } from '../gcode/command.ts'
import { createHead, type Head, type PositionFault } from '../gcode/head.ts'
import { heatsNozzle } from '../gcode/heaters.ts'
import { followHoming } from '../gcode/homing.ts'
import { BadMove } from '../gcode/number.ts'
import type { Move } from '../gcode/plain-move.ts'
import { commandFault } from './command-fault.ts'

export interface TextCheck {
  /** Checks one line of `field`, and follows it. Errors: gcode_rejected, with field and line. */
  line: (text: string, field: string, line: number) => void
  /** Returns the straight moves that replace an arc of a line not yet passed to `line`. Errors: gcode_rejected. */
  arc: (command: GcodeCommand, field: string, line: number) => Move[]
  /** Called before each part of the model's moves. Errors: gcode_rejected. */
  beforeModel: () => void
  /** Called after each part of the model's moves, with the head's position. */
  afterModel: (position: Readonly<Move>) => void
  head: Head
}

export function createTextCheck(positionFault: PositionFault): TextCheck {
  const head = createHead(positionFault)
  const homing = followHoming()
  let isHeated = false
  /** Where a field has last moved the origin. */
  let originSetBy = ''

  function line(text: string, field: string, number: number): void {
    const command = parseCommand(text)
    if (!command) return
    const fault = commandFault(command, text)
    if (fault) throw rejected(`${field} line ${number} ${fault}`)
    isHeated ||= heatsNozzle(command)
    homing.run(command)
    if (movesOrigin(command)) originSetBy = `${field} line ${number}`
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
    beforeModel: () => {
      if (!isHeated) throw rejected('the model begins before the nozzle was heated; machine_start_gcode has to heat it')
      if (!homing.isHomed())
        throw rejected('the model begins before the printer was homed: machine_start_gcode has no G28, no macro')
      const { x, y, z } = head.origin
      if (x !== 0 || y !== 0 || z !== 0) {
        throw rejected(`${originSetBy} moves the origin of X, Y or Z (G92), and nothing moves it back`)
      }
    },
    afterModel: position => Object.assign(head.position, position),
  }
}

/** G92 alone sets every axis. */
function movesOrigin({ name, params }: GcodeCommand): boolean {
  return name === 'G92' && (params.size === 0 || ['X', 'Y', 'Z'].some(axis => params.has(axis)))
}

function rejected(what: string): AppError {
  return new AppError('gcode_rejected', `The G-code was refused: ${what}.`)
}
