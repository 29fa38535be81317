import { setTimeout as sleep } from 'node:timers/promises'
import type { PreparedPurchase } from '../../../schema/http/preparations.ts'
import { createBackoff } from '../../backoff.ts'
import type { EdgeContext } from '../../context.ts'
import { ask, newNonce, withdraw } from '../../dialog.ts'
import { isIdle, isPrinting } from '../../moonraker/printer-state.ts'
import { MoonrakerError } from '../../moonraker/rpc.ts'
import { plainText } from '../../plain-text.ts'
import { change, type Job } from '../job/state.ts'
import { until } from '../until.ts'
import { forAPerson, wantStart } from '../want-start.ts'

const longestTitle = 80

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
      await askToStart(ctx, job, signal)
      backoff.reset()
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

/** Asks once, and keeps what the display says of a "Not now" there until the job is printed, or something else is. */
async function askToStart(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  const { claim, stub } = job.record
  const title = plainText(claim.title, longestTitle)
  const nonce = newNonce(ctx)
  const note = `${title} waits in the file list: ${plainText(stub ?? '')}`
  const lines = [`Print ${title}?`, ...rightsAfter(claim), 'It was sent from the marketplace. Is the bed clear?']
  try {
    const isOver = () => hasBegun(job) || !isDue(ctx, job)
    const onAsked = () => change(job, { problem: null })
    const answer = await ask(ctx, { nonce, lines, note }, { changes: [job.changes], isOver, onAsked }, signal)
    if (answer === 'start') wantStart(job, forAPerson())
    if (answer === 'later')
      await until(ctx, job, () => hasBegun(job) || isPrinting(ctx.moonraker.state()) || undefined, signal)
  } finally {
    await withdraw(ctx, nonce)
  }
}

/** "Profile: PLA 0.2 mm. 1 more print is left after it." Older marketplaces do not say either. */
function rightsAfter({ profile_name, prints_remaining: left }: PreparedPurchase): string[] {
  const profile = profile_name === undefined ? '' : `Profile: ${profile_name}.`
  const more = left === 1 ? '1 more print is' : `${left || 'No'} more prints are`
  const line = plainText(left === undefined ? profile : `${profile} ${more} left after it.`)
  return line === '' ? [] : [line]
}
