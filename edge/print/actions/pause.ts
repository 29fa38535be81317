import type { EdgeContext } from '../../context.ts'
import { MoonrakerError } from '../../moonraker/rpc.ts'
import { runCommand } from './command.ts'

/**
 * Pauses the print. `parked`: the extra, which waits for lines, was first: then its pause is what there is. Errors:
 * MoonrakerError, printer_offline.
 */
export async function pause(ctx: EdgeContext, _: object, signal: AbortSignal): Promise<'paused' | 'parked'> {
  await runCommand(ctx, 'printer.print.pause', undefined, signal)
  const { isParked } = await ctx.moonraker.refresh()
  return isParked ? 'parked' : 'paused'
}

/**
 * Resumes the print. Gives Klipper's refusal, in its words, or null: where Klipper or a macro says no, somebody has to see to the
 * printer, and resumes there, or wishes for a pause and its end again. Errors: printer_offline.
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
