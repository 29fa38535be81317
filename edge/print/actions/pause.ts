import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { abortable } from '../../abortable.ts'
import { createBackoff } from '../../backoff.ts'
import type { EdgeContext } from '../../context.ts'
import { isPrinting, type PrinterState } from '../../moonraker/printer-state.ts'
import { MoonrakerError } from '../../moonraker/rpc.ts'
import { isOurs } from '../job/outcome.ts'
import type { JobRecord } from '../job/record.ts'
import type { Job } from '../job/state.ts'
import { note } from '../prepare.ts'
import { until } from '../until.ts'
import { queuedMs } from './cancel.ts'

/** What is to be done at the printer, or only to be noted. */
type Step = 'pause' | 'resume' | { note: JobRecord['pause'] }

/**
 * Does what the marketplace wishes when its wish changes, and nothing in between: people at the printer have the last word. A
 * print that they had paused, or that they resume, is left to them until the marketplace wishes for another pause.
 */
export async function obeyPause(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  for (;;) {
    await until(ctx, job, () => due(ctx.moonraker.state(), job), signal)
    try {
      // By Klipper's own word: news may be on its way.
      const step = due(await ctx.moonraker.refresh(), job)
      if (step === 'pause') await pause(ctx, job, signal)
      else if (step === 'resume') await resume(ctx, job, signal)
      else if (step) await note(ctx, job, { pause: step.note })
      backoff.reset()
    } catch (error) {
      signal.throwIfAborted()
      ctx.log.warn({ err: error, print_job_id: job.id }, 'the printer did not take the pause or its end, trying again')
      await sleep(backoff.next(), undefined, { signal })
    }
  }
}

function due(state: PrinterState, job: Job): Step | undefined {
  const { print, pause: done } = job.record
  if (!print || job.isClosed || job.ending || job.isCancelWanted) return undefined
  if (!state.isConnected || !isPrinting(state) || !isOurs(state, job)) return undefined
  const isPaused = state.printStats.state === 'paused'
  // Klipper's extra goes on by itself when the lines are back: only then there is something to pause.
  if (isPaused && state.isParked) return undefined
  if (!job.isPauseWanted) {
    if (done === 'none') return undefined
    return isPaused && done !== 'left' ? 'resume' : { note: 'none' }
  }
  if (done === 'none') return isPaused ? { note: 'left' } : 'pause'
  if (done === 'asked') return isPaused ? { note: 'done' } : 'pause'
  return done === 'done' && !isPaused ? { note: 'left' } : undefined
}

/** Notes it before it is done, so that a later run of the edge knows whose pause it finds. */
async function pause(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  if (job.record.pause !== 'asked') await note(ctx, job, { pause: 'asked' })
  await run(ctx, 'printer.print.pause', signal)
  const { isParked } = await ctx.moonraker.refresh()
  // The extra was first: then its pause is what there is.
  if (!isParked) await note(ctx, job, { pause: 'done' })
}

/** Asks once: where a macro has refused, somebody has to see to the printer, and resumes there. */
async function resume(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  await run(ctx, 'printer.print.resume', signal).catch((error: unknown) => {
    if (!(error instanceof MoonrakerError)) throw error
    ctx.log.warn({ err: error, print_job_id: job.id }, 'the printer refuses to resume the print, it stays paused')
  })
  await note(ctx, job, { pause: 'none' })
}

/** Not given up while it waits behind a long macro: a second one would wait there, too. */
async function run(ctx: EdgeContext, method: string, signal: AbortSignal): Promise<void> {
  await abortable(ctx.moonraker.call(method, undefined, z.unknown(), { timeoutMs: queuedMs }), signal)
}
