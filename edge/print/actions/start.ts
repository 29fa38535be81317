import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { EdgeContext } from '../../context.ts'
import { runCommand } from './command.ts'

/** How long the print waits for Moonraker's parser, and how often the edge asks. */
const parseMs = 5000
const parseAgainMs = 100

/**
 * Waits until Moonraker has read the stub, for a limited time: the history copies a file's picture and figures at the start of its
 * print only.
 */
export async function waitUntilStubIsRead(
  ctx: EdgeContext,
  { stub }: { stub: string },
  signal: AbortSignal,
): Promise<void> {
  const until = performance.now() + parseMs
  while (performance.now() < until) {
    const metadata = ctx.moonraker.call('server.files.metadata', { filename: stub }, z.unknown())
    if (await metadata.catch(() => null)) return
    await sleep(parseAgainMs, undefined, { signal })
  }
}

/** Starts the stub's print. Resolves when Klipper has run the start. Errors: MoonrakerError, printer_offline. */
export async function start(ctx: EdgeContext, { stub }: { stub: string }, signal: AbortSignal): Promise<void> {
  await runCommand(ctx, 'printer.print.start', { filename: stub }, signal)
  await ctx.moonraker.refresh()
}
