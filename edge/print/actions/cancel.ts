import { z } from 'zod'
import type { EdgeContext } from '../../context.ts'
import { runCommand } from './command.ts'

/** Cancels the print at the printer. How it then ended is what counts. Errors: MoonrakerError, printer_offline. */
export async function cancel(ctx: EdgeContext): Promise<void> {
  await ctx.moonraker.call('printer.print.cancel', undefined, z.unknown())
  await ctx.moonraker.refresh()
}

/**
 * Waits until Klipper has run every command that it was sent so far: they wait in line, so when this one, which does nothing, has
 * been run, every start before it has been, too. Errors: MoonrakerError, printer_offline.
 */
export async function drainQueue(ctx: EdgeContext, _: object, signal: AbortSignal): Promise<void> {
  const { klippy } = ctx.moonraker.state()
  // Then no command is run any more.
  if (klippy === 'shutdown' || klippy === 'error') return
  await runCommand(ctx, 'printer.gcode.script', { script: '' }, signal)
  await ctx.moonraker.refresh()
}
