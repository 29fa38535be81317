import { AppError } from '../../schema/http/errors.ts'
import { createTextCheck, type TextCheck } from '../check/text.ts'
import { hasCentre, isArc, textOfArc } from '../gcode/arc.ts'
import { parseCommand } from '../gcode/command.ts'
import { isPowerLossRecovery } from '../gcode/forbidden.ts'
import type { PositionFault } from '../gcode/head.ts'
import type { Text } from './framing.ts'
import { divideLongLine, isTooLong } from './long-lines.ts'

export interface TextWriter {
  /** Checks texts and returns their lines as they go into the G-code. Errors: gcode_rejected, with field and line. */
  write: (texts: readonly Text[]) => Buffer
  check: TextCheck
  /** Commands that were left out, since they write to the printer's disk. */
  leftOut: ReadonlySet<string>
}

/** Names the lines that come from no field, in messages. */
const ownField = "the slicer's own G-code"

export function createTextWriter(positionFault: PositionFault, { hasArcs }: { hasArcs: boolean }): TextWriter {
  const check = createTextCheck(positionFault)
  const leftOut = new Set<string>()

  function lineOf(line: string, field: string, number: number): string {
    const command = parseCommand(line)
    if (command && isPowerLossRecovery(command.name)) {
      leftOut.add(command.name)
      return ''
    }
    const becomesLines = command && isArc(command.name) && !(hasArcs && hasCentre(command))
    const arc = becomesLines ? textOfArc(command, check.arc(command, field, number)) : undefined
    check.line(line, field, number)
    if (arc !== undefined) return arc
    const lines = divideLongLine(line)
    if (lines.some(part => isTooLong(part))) {
      throw new AppError('gcode_rejected', `The G-code was refused: ${field} line ${number} is too long.`)
    }
    return lines.map(part => `${part}\n`).join('')
  }

  function textOf({ field, gcode }: Text): string {
    const lines = gcode.split(/\r\n|\r|\n/)
    if (lines.at(-1) === '') lines.pop()
    return lines.map((line, index) => lineOf(line, field || ownField, index + 1)).join('')
  }

  return { check, leftOut, write: texts => Buffer.from(texts.map(textOf).join('')) }
}
