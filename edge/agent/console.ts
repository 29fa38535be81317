import { z } from 'zod'
import { plainText } from '../plain-text.ts'
import type { AgentContext } from './context.ts'

/**
 * A line on Klipper's console, which every client shows. Waits for its turn behind the command that Klipper runs just now; a
 * Klipper that refuses it is no fault of the caller's.
 */
export async function writeToConsole(ctx: AgentContext, text: string, { isError = false } = {}): Promise<void> {
  // In a G-code parameter these end the text, or the line.
  const words = plainText(text).replaceAll(/["\\#*;]/g, '')
  const script = `RESPOND TYPE=${isError ? 'error' : 'command'} MSG="LMNT: ${words}"`
  try {
    await ctx.moonraker.call('printer.gcode.script', { script }, z.unknown())
  } catch (error) {
    ctx.log.debug({ err: error }, 'Klipper did not take a line for its console')
  }
}
