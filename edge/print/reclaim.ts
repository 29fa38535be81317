import { setTimeout as sleep } from 'node:timers/promises'
import { isAppError } from '../../schema/http/errors.ts'
import { createBackoff } from '../backoff.ts'
import type { EdgeContext } from '../context.ts'
import { renewToken } from '../marketplace/renew-token.ts'
import { change, end, hold, type Job } from './job/state.ts'
import { isAnotherBoot } from './watch.ts'
import { whyItWaits } from './why-it-waits.ts'

/**
 * Claims a job again that an earlier start of the edge had claimed, or that another one has taken meanwhile. The marketplace
 * refuses while the other's lease lives: that is waited for. Goes on for as long as the job does.
 */
export async function keepHold(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  for (;;) {
    await job.changes.until(() => (job.isHeld ? undefined : true), signal)
    try {
      await renewToken(ctx)
      const claim = await ctx.marketplace.getPrintJob(0, signal)
      if (claim?.print_job_id === job.id) hold(job, claim)
      else return giveUp(ctx, job, signal)
      backoff.reset()
    } catch (error) {
      signal.throwIfAborted()
      const why = isAppError(error) ? error.code : error
      change(job, { problem: whyItWaits(error) })
      ctx.log.warn({ print_job_id: job.id, why }, 'the job cannot be claimed again yet')
      await sleep(backoff.next(), undefined, { signal })
    }
  }
}

/**
 * The marketplace has another job for us, or none: this one has ended there. A print that had begun may be over all the same, or
 * have all of its lines: then watchPrint ends the job with its outcome, and the report of it counts.
 */
async function giveUp(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  // With its key the print goes on.
  if (job.record.print && job.gcode) return
  if (job.record.print) {
    change(job, { problem: 'The marketplace has ended this print job. How its print ended is asked of the printer.' })
    await untilNobodyKnows(ctx, job, signal)
  }
  end(job, { kind: 'dropped', why: 'the marketplace has ended it' })
}

/** Until the printer asks for lines, of which none can be sent any more, or watchPrint has had the time to ask the history. */
async function untilNobodyKnows(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  if (!isAnotherBoot(ctx, job)) return void (await job.changes.until(() => job.isStreaming || undefined, signal))
  // On a copy of the SD card the print never was, and watchPrint leaves the job to who holds it: for ever, if nobody does.
  await ctx.moonraker.changes.until(() => ctx.moonraker.state().isConnected || undefined, signal)
  await sleep(ctx.config.timing.unknownMs, undefined, { signal })
}
