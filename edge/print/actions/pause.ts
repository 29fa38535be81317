import type { EdgeContext } from '../../context.ts'
import { MoonrakerError } from '../../moonraker/rpc.ts'
import { runCommand } from './command.ts'

/**
 * Pauses the print. `parked`: the extra has already paused it, because lines are missing. Errors: MoonrakerError, printer_offline.
 */
export async function pause(ctx: EdgeContext, _: object, signal: AbortSignal): Promise<'paused' | 'parked'> {
  await runCommand(ctx, 'printer.print.pause', undefined, signal)
  const { isParked } = await ctx.moonraker.refresh()
  return isParked ? 'parked' : 'paused'
}

/**
 * Resumes the print. Returns Klipper's error message, or null. When Klipper or a macro refuses, somebody has to check the printer and
 * resume there, or pause and resume again at the marketplace. Errors: printer_offline.
 */
export async function resume(ctx: EdgeContext, _: object, signal: AbortSignal): Promise<string | null> {
  try {
    await runCommand(ctx, 'printer.print.resume', undefined, signal)
  } catch (error) {
    if (!(error instanceof MoonrakerError)) throw error
    ctx.log.warn({ err: error }, 'the printer refuses to resume the print, it stays paused')
    return error.message
  }
  await ctx.moonraker.refresh()
  return null
}
