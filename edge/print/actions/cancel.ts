import { z } from 'zod'
import type { EdgeContext } from '../../context.ts'
import { runCommand } from './command.ts'

/** Cancels the print at the printer. The printer's state then decides the outcome. Errors: MoonrakerError, printer_offline. */
export async function cancel(ctx: EdgeContext): Promise<void> {
  await ctx.moonraker.call('printer.print.cancel', undefined, z.unknown())
  await ctx.moonraker.refresh()
}

/**
 * Waits until Klipper has run every command sent so far. Commands run in order: when this empty script has run, every start before it
 * has run, too. Errors: MoonrakerError, printer_offline.
 */
export async function drainQueue(ctx: EdgeContext, _: object, signal: AbortSignal): Promise<void> {
  const { klippy } = ctx.moonraker.state()
  // Klipper runs no more commands.
  if (klippy === 'shutdown' || klippy === 'error') return
  await runCommand(ctx, 'printer.gcode.script', { script: '' }, signal)
  await ctx.moonraker.refresh()
}
