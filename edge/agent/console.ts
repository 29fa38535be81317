import { z } from 'zod'
import { plainText } from '../plain-text.ts'
import type { AgentContext } from './context.ts'

/**
 * Writes a line to Klipper's console, which every client shows. Waits for the command that Klipper runs now. Does not reject when
 * Klipper refuses the line.
 */
export async function writeToConsole(ctx: AgentContext, text: string, { isError = false } = {}): Promise<void> {
  // In a G-code parameter these end the text, or the line.
  const words = plainText(text).replaceAll(/["\\#*;]/g, '')
  const script = `RESPOND TYPE=${isError ? 'error' : 'command'} MSG="LMNT: ${words}"`
  try {
    await ctx.moonraker.call('printer.gcode.script', { script }, z.unknown())
  } catch (error) {
    ctx.log.debug({ err: error }, 'Klipper refused a line for its console')
  }
}
