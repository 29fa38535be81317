import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { deadline } from '../../../runtime/deadline.ts'
import { createBackoff } from '../../backoff.ts'
import type { EdgeContext } from '../../context.ts'
import { isIdle, isPrinting } from '../../moonraker/printer-state.ts'
import { MoonrakerError } from '../../moonraker/rpc.ts'
import { plainText } from '../../plain-text.ts'
import { change, type Job } from '../job/state.ts'
import { until } from '../until.ts'
import { forAPerson, wantStart } from '../want-start.ts'

const nonceSize = 16
const longestTitle = 80
/** A question that cannot be taken back is not worth holding up the end of its job. */
const withdrawMs = 3000
const toldMs = 3000

type Answer = 'start' | 'later' | 'void'

/**
 * A job that nobody at the printer has asked for begins only when somebody there agrees: Klipper's extra shows a dialog on
 * every screen ("Print Gear? Is the bed clear?"), and its status tells the answer. Asks while the printer is idle and the
 * job could begin; after "Not now" again only when the printer has printed something else. Meanwhile the job can be started
 * from the file list or by start_job. It never spends: the job, and its right, are there already.
 */
export async function askForConsent(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  for (;;) {
    await until(ctx, job, () => hasBegun(job) || isDue(ctx, job) || undefined, signal)
    if (hasBegun(job)) return
    try {
      const answer = await ask(ctx, job, signal)
      backoff.reset()
      if (answer === 'start') wantStart(job, forAPerson())
      if (answer === 'later')
        await until(ctx, job, () => hasBegun(job) || isPrinting(ctx.moonraker.state()) || undefined, signal)
    } catch (error) {
      signal.throwIfAborted()
      const problem = 'Nobody can be asked at the printer: is [lmnt_stream] in printer.cfg, and up to date?'
      if (error instanceof MoonrakerError) change(job, { problem })
      ctx.log.warn({ err: error, print_job_id: job.id }, 'nobody can be asked at the printer, trying again')
      await sleep(backoff.next(), undefined, { signal })
    }
  }
}

/** There is nothing to ask any more. */
function hasBegun(job: Job): boolean {
  return job.record.print !== null || job.ending !== null
}

/** Nobody wants it printed yet, and the answer could be followed at once. */
function isDue(ctx: EdgeContext, job: Job): boolean {
  const { isSpooled, stub } = job.record
  return isSpooled && stub !== null && job.startUntil === null && !job.isCancelWanted && isIdle(ctx.moonraker.state())
}

/** Asks once. Void: the question had no answer before something else happened, such as a print begun by hand. */
async function ask(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<Answer> {
  const nonce = ctx.randomBytes(nonceSize).toString('hex')
  const title = plainText(job.record.claim.title, longestTitle)
  const isOver = () => hasBegun(job) || !isDue(ctx, job)
  const question = () => {
    const { question: asked } = ctx.moonraker.state()
    return asked?.nonce === nonce ? asked : null
  }
  // The status tells of the question a moment later than the call does, or never: something may have closed it by then.
  const isTold = async (look: () => true | undefined) => {
    const late = deadline(toldMs, signal)
    try {
      return await until(ctx, job, look, late.signal)
    } catch {
      signal.throwIfAborted()
      return false
    } finally {
      late.clear()
    }
  }
  try {
    await ctx.moonraker.call('printer.lmnt_stream.ask', { nonce, title }, z.unknown())
    change(job, { problem: null })
    if (!(await isTold(() => isOver() || question() !== null || undefined))) return 'void'
    const look = () => (isOver() || question() === null ? 'void' : (question()?.answer ?? undefined))
    return await until(ctx, job, look, signal)
  } finally {
    // Also when the edge ends: a dialog without it would promise what nobody does.
    const options = { timeoutMs: withdrawMs }
    await ctx.moonraker.call('printer.lmnt_stream.withdraw', { nonce }, z.unknown(), options).catch(() => {})
  }
}
