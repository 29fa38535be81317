import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { abortable } from '../../abortable.ts'
import { createBackoff } from '../../backoff.ts'
import type { EdgeContext } from '../../context.ts'
import { isPrinting } from '../../moonraker/printer-state.ts'
import { isOurs } from '../job/outcome.ts'
import { fail, type Job } from '../job/state.ts'

/** Klipper runs one command after another, and a macro before this one may take its time. */
export const queuedMs = 60 * 60_000

/**
 * Ends a job that is not wanted any more. A print that has begun is cancelled at the printer, and how it then ended is what
 * counts; only this job's own, never another that has taken its place. A job whose print has not begun ends here, but not
 * while a start of it may still wait in Klipper: its file would be printed later, and asks for another job then.
 */
export async function cancelWhenWanted(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  const isOn = () => isPrinting(ctx.moonraker.state()) && isOurs(ctx.moonraker.state(), job)
  await job.changes.until(() => job.isCancelWanted || undefined, signal)
  while (!job.ending) {
    try {
      if (!job.record.print && job.record.isStartAsked) await startsAreRun(ctx, signal)
      if (!job.record.print && !isOn()) return fail(job, 'cancelled', 'Cancelled before the print began.')
      await ctx.moonraker.changes.until(() => isOn() || undefined, signal)
      await ctx.moonraker.call('printer.print.cancel', undefined, z.unknown())
      await ctx.moonraker.refresh()
    } catch (error) {
      signal.throwIfAborted()
      ctx.log.warn({ err: error, print_job_id: job.id }, 'the printer did not take the cancel, trying again')
    }
    await sleep(backoff.next(), undefined, { signal })
  }
}

/**
 * Waits until nothing at the printer comes of a start of this job any more, which may wait there behind a long macro. Meanwhile
 * the job that has ended lies on the desk, and find-job.ts refuses the file: nobody has asked for the other job it would order.
 */
export async function outlastStart(ctx: EdgeContext, job: Job): Promise<void> {
  const isStartLeft = job.record.isStartAsked && !job.record.print
  // A printer that is not registered orders nothing.
  if (!isStartLeft || !ctx.store.identity()) return
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  const isOn = () => isPrinting(ctx.moonraker.state()) && isOurs(ctx.moonraker.state(), job)
  for (;;) {
    try {
      await startsAreRun(ctx, ctx.signal)
      return void (await ctx.moonraker.changes.until(() => !isOn() || undefined, ctx.signal))
    } catch (error) {
      ctx.signal.throwIfAborted()
      ctx.log.warn({ err: error, print_job_id: job.id }, 'whether a start of the job is left cannot be told yet')
      await sleep(backoff.next(), undefined, { signal: ctx.signal })
    }
  }
}

/** Commands wait in line, so when this one, which does nothing, has been run, every start before it has been, too. */
async function startsAreRun(ctx: EdgeContext, signal: AbortSignal): Promise<void> {
  const { klippy } = ctx.moonraker.state()
  // Then no command is run any more.
  if (klippy === 'shutdown' || klippy === 'error') return
  const nothing = ctx.moonraker.call('printer.gcode.script', { script: '' }, z.unknown(), { timeoutMs: queuedMs })
  await abortable(nothing, signal)
  await ctx.moonraker.refresh()
}
