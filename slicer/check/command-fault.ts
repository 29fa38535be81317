import { showsDialogOrMarkup } from '../../schema/gcode/speech.ts'
import type { GcodeCommand } from '../gcode/command.ts'
import { isForbidden, takesOnlyNumbers } from '../gcode/forbidden.ts'
import { heaterFault } from '../gcode/heaters.ts'

/**
 * Returns why a command is forbidden in every print, as the end of a sentence that begins with "line 5", or undefined. `line`
 * is the command with its comment.
 */
export function commandFault(command: GcodeCommand, line: string): string | undefined {
  if (isForbidden(command)) return `says ${command.name}, which no print may`
  if (!takesOnlyNumbers(command.name) && showsDialogOrMarkup(line)) return 'shows a dialog or markup'
  return heaterFault(command)
}
