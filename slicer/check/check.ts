/**
 * The last check of G-code before it is sealed. The G-code must extrude, after homing, with heaters on and below their
 * limits, inside the bed, and without commands that are forbidden in a print.
 */
import { saysMoreThanText } from '../../schema/gcode/speech.ts'
import { AppError } from '../../schema/http/errors.ts'
import { parseCommand } from '../gcode/command.ts'
import { isForbidden, isMute } from '../gcode/forbidden.ts'
import { heaterFault, heatsNozzle } from '../gcode/heaters.ts'
import { followHoming } from '../gcode/homing.ts'
import type { Bed } from '../profiles/bed.ts'
import { BadMove, createHead } from './motion.ts'
import { type Move, readPlainMove } from './plain-move.ts'

const newline = 0x0a

/**
 * Checks normalised G-code (whole lines) and passes it through unchanged. Whether it extrudes is known only at its end:
 * the output must not be used before the stream has ended without an error.
 * Errors: gcode_rejected.
 */
export async function* checkGcode(source: AsyncIterable<Buffer>, bed: Bed): AsyncGenerator<Buffer> {
  const head = createHead(bed)
  const move: Move = { x: 0, y: 0, z: 0, e: 0 }
  const homing = followHoming()
  let line = 0
  let isHeated = false
  let hasPrinted = false

  const takeLine = (chunk: Buffer, start: number, end: number) => {
    line++
    let isLaying = false
    if (readPlainMove(chunk, start, end, move)) {
      isLaying = head.go(move)
    } else {
      const text = chunk.toString('latin1', start, end)
      const command = parseCommand(text)
      if (!command) return
      if (isForbidden(command)) throw rejected(line, `says ${command.name}, which no print may`)
      if (!isMute(command.name) && saysMoreThanText(text)) throw rejected(line, 'shows a dialog or markup')
      const fault = heaterFault(command)
      if (fault) throw rejected(line, fault)
      isHeated ||= heatsNozzle(command)
      homing.run(command)
      isLaying = head.run(command)
    }
    if (isLaying && !hasPrinted) {
      if (!isHeated) throw rejected(line, 'extrudes before the nozzle was heated')
      if (!homing.isHomed()) throw rejected(line, 'extrudes before the printer was homed: no G28, no macro')
    }
    hasPrinted ||= isLaying
  }

  for await (const chunk of source) {
    try {
      for (let start = 0; start < chunk.length; ) {
        const found = chunk.indexOf(newline, start)
        const end = found === -1 ? chunk.length : found
        takeLine(chunk, start, end)
        start = end + 1
      }
    } catch (error) {
      throw error instanceof BadMove ? rejected(line, error.message) : error
    }
    yield chunk
  }
  if (!hasPrinted) throw new AppError('gcode_rejected', 'The G-code prints nothing.')
}

function rejected(line: number, what: string): AppError {
  return new AppError('gcode_rejected', `The G-code was refused: line ${line} ${what}.`)
}
