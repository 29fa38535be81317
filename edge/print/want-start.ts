import { deadline } from '../../runtime/deadline.ts'
import type { EdgeContext } from '../context.ts'
import { isIdle, isPrinting } from '../moonraker/printer-state.ts'
import { isOurs } from './job/outcome.ts'
import { change, type Job } from './job/state.ts'
import { until } from './until.ts'

/** How long the word of a person counts: after that, the bed that they have looked at may not be clear any more. */
const personMs = 10 * 60_000

/** Until when a start counts that a person asks for now. */
export function forAPerson(): number {
  return performance.now() + personMs
}

/**
 * The edge is to start the print, until that time (of performance.now()). Who says `Infinity`, as auto_start does, wants it
 * whatever is printed meanwhile; anything else is a person's word, and `forgetStart` says how that ends.
 */
export function wantStart(job: Job, startUntil: number): void {
  change(job, { startUntil: Math.max(job.startUntil ?? 0, startUntil) })
}

export function isStartWanted(job: Job): boolean {
  return job.startUntil !== null && !job.isCancelWanted && !job.ending
}

/** A person's word is void when its time is over, or when anything else happens at the printer: the bed may be taken by then. */
export async function forgetStart(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  while (!job.record.print) {
    const limit = await job.changes.until(() => limitOf(job), signal)
    const late = deadline(limit - performance.now(), signal)
    const isMoot = () => job.record.print !== null || limitOf(job) !== limit
    try {
      await until(ctx, job, () => isMoot() || !isUndisturbed(ctx, job) || undefined, late.signal)
    } catch {
      signal.throwIfAborted()
    } finally {
      late.clear()
    }
    if (!isMoot()) change(job, { startUntil: null })
  }
}

function limitOf({ startUntil }: Job): number | undefined {
  return startUntil === null || startUntil === Number.POSITIVE_INFINITY ? undefined : startUntil
}

/** Nothing is on the bed but, perhaps, this job's own beginning. */
function isUndisturbed(ctx: EdgeContext, job: Job): boolean {
  const state = ctx.moonraker.state()
  return isIdle(state) || (isPrinting(state) && isOurs(state, job))
}
