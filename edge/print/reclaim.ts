import { setTimeout as sleep } from 'node:timers/promises'
import { isAppError } from '../../schema/http/errors.ts'
import { createBackoff } from '../backoff.ts'
import type { EdgeContext } from '../context.ts'
import { renewToken } from '../marketplace/renew-token.ts'
import { change, end, hold, type Job } from './job.ts'
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
      else return giveUp(job)
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

/** The marketplace has another job for us, or none: this one has ended there. */
function giveUp(job: Job): void {
  // With its key the print goes on, and its report tells how it ended; without one no line can be sent.
  if (!job.record.print || !job.gcode) end(job, { kind: 'dropped', why: 'the marketplace has ended it' })
}
