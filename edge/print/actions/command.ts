import { z } from 'zod'
import { abortable } from '../../abortable.ts'
import type { EdgeContext } from '../../context.ts'

/** Klipper runs one command after another, and a macro before this one may take long. */
export const queuedMs = 60 * 60_000

/**
 * Runs a command in Klipper. Waits also behind a long macro: a second command would wait there, too. Errors: MoonrakerError,
 * printer_offline.
 */
export async function runCommand(
  ctx: EdgeContext,
  method: string,
  params: object | undefined,
  signal: AbortSignal,
): Promise<void> {
  await abortable(ctx.moonraker.call(method, params, z.unknown(), { timeoutMs: queuedMs }), signal)
}
