/** Checks the engine's moves: inside the bed, from known positions, and without forbidden commands. */
import { AppError } from '../../schema/http/errors.ts'
import type { GcodeCommand } from '../gcode/command.ts'
import { createHead, type Head } from '../gcode/head.ts'
import { BadMove } from '../gcode/number.ts'
import type { Move } from '../gcode/plain-move.ts'
import type { Bed } from '../profiles/bed.ts'
import { commandFault } from './command-fault.ts'
import { insideBed } from './positions.ts'

export interface ModelCheck {
  head: Head
  /** Follows a straight move. Returns true when it lays down plastic. Errors: gcode_rejected. */
  go: (move: Move) => boolean
  /** Checks a command other than a move, and follows it. `line` is its text with its comment. Errors: gcode_rejected. */
  run: (command: GcodeCommand, line: string) => void
  /** Calls `follow`; a BadMove that it throws becomes the refusal of the current line. */
  within: <T>(follow: () => T) => T
}

/** `where` names the current line for the user. */
export function createModelCheck(bed: Bed, where: () => string): ModelCheck {
  const head = createHead(insideBed(bed))
  // Toolpath bodies use relative extrusion throughout (engines/README.md).
  head.isExtruderRelative = true
  const reject = (what: string) => new AppError('gcode_rejected', `The G-code was refused: ${where()} ${what}.`)

  function within<T>(follow: () => T): T {
    try {
      return follow()
    } catch (error) {
      throw error instanceof BadMove ? reject(error.message) : error
    }
  }

  function go(move: Move): boolean {
    let isLaying: boolean
    try {
      isLaying = head.go(move)
    } catch (error) {
      throw error instanceof BadMove ? reject(error.message) : error
    }
    const { x, y, z } = head.position
    if (isLaying && Number.isNaN(x + y + z)) throw reject('extrudes before X, Y and Z are known')
    return isLaying
  }

  return {
    head,
    go,
    within,
    run: (command, line) => {
      const fault = commandFault(command, line)
      if (fault) throw reject(fault)
      within(() => head.run(command))
    },
  }
}
