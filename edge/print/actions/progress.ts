import { setTimeout as sleep } from 'node:timers/promises'
import { isAppError } from '../../../schema/http/errors.ts'
import type { EdgeContext } from '../../context.ts'
import { isPrinting } from '../../moonraker/printer-state.ts'
import { isOurs } from '../job/outcome.ts'
import { change, end, type Job } from '../job/state.ts'
import { note } from '../prepare.ts'

/**
 * Tells the marketplace now and then, and at once when the lines begin to run, how far the print is: that keeps the job ours,
 * and brings the wish to cancel or to pause it. A marketplace that is out of reach changes nothing for the print.
 */
export async function tellProgress(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  for (;;) {
    await job.changes.until(() => job.isHeld || undefined, signal)
    const wasRunning = isRunning(job)
    await tellOnce(ctx, job, wasRunning, signal)
    const begun = new AbortController()
    const stop = job.changes.listen(() => {
      if (isRunning(job) !== wasRunning) begun.abort()
    })
    if (isRunning(job) === wasRunning) {
      const wait = AbortSignal.any([signal, begun.signal])
      await sleep(ctx.config.timing.progressMs, undefined, { signal: wait }).catch(() => signal.throwIfAborted())
    }
    stop()
  }
}

/** Its lines run, or did before the edge was started again: then its stream may not be open yet. */
function isRunning(job: Job): boolean {
  return job.record.print !== null && (job.delivered > 0 || job.record.progress > 0)
}

/** How far the print is by now, never less than was told before. What the printer says of another print is not ours. */
async function progressOf(ctx: EdgeContext, job: Job): Promise<number> {
  const state = ctx.moonraker.state()
  // In whole percents, so that a long print writes it down a hundred times and no more.
  const progress = isPrinting(state) && isOurs(state, job) ? Math.floor(state.progress * 100) / 100 : 0
  if (progress <= job.record.progress) return job.record.progress
  await note(ctx, job, { progress, figures: job.seen?.stats ?? {} }).catch((error: unknown) => {
    ctx.log.warn({ err: error, print_job_id: job.id }, 'the progress cannot be written down')
  })
  return progress
}

async function tellOnce(ctx: EdgeContext, job: Job, isRunningNow: boolean, signal: AbortSignal): Promise<void> {
  try {
    const progress = isRunningNow ? await progressOf(ctx, job) : 0
    const answer = await ctx.marketplace.progress(job.id, { progress, is_printing: isRunningNow }, signal)
    if (answer.cancel_requested) change(job, { isCancelWanted: true })
    change(job, { isPauseWanted: answer.pause_requested })
    const isOver = answer.status !== 'claimed' && answer.status !== 'printing'
    if (isOver && !job.record.print) end(job, { kind: 'dropped', why: answer.status })
  } catch (error) {
    signal.throwIfAborted()
    if (isAppError(error, 'job_claimed_elsewhere')) change(job, { isHeld: false })
    else if (isAppError(error, 'not_found', 'job_ended') && !job.record.print) {
      end(job, { kind: 'dropped', why: error.code })
    } else ctx.log.debug({ err: error, print_job_id: job.id }, 'the progress could not be told')
  }
}
