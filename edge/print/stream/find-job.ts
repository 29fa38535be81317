import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, isAppError } from '../../../schema/http/errors.ts'
import { abortable } from '../../abortable.ts'
import { createBackoff } from '../../backoff.ts'
import type { EdgeContext } from '../../context.ts'
import type { CurrentJob, JobInHand } from '../job/current-job.ts'
import { isUsable, whyEnded } from '../job/state.ts'
import { askForRight, type OnQuestion } from './ask-for-right.ts'

/**
 * The job that a print of this purchase belongs to: the one in hand, else one that waits at the marketplace, else a new one
 * (a reprint; uses a right, for which somebody at the printer is asked, and never money). A print that is going on already (`isGoingOn`) belongs to a job in hand or to none.
 * A job that is ordered and comes too late for its print waits for somebody at the printer: see orders.ts.
 * Errors: print_refused, not_registered, and the marketplace's refusals: no_rights_left, gcode_expired, ...
 */
export async function jobForPurchase(
  ctx: EdgeContext,
  currentJob: CurrentJob,
  { purchaseId, isGoingOn, onQuestion }: { purchaseId: string; isGoingOn: boolean; onQuestion: OnQuestion },
  signal: AbortSignal,
): Promise<JobInHand> {
  if (!ctx.store.identity()) {
    throw new AppError('not_registered', 'This printer is not registered at the marketplace. Register it first.')
  }
  const present = await readyJob(currentJob, purchaseId, signal)
  if (isGoingOn && !present?.state().record.print)
    throw new AppError('print_refused', 'This print has ended. Start it again.')
  if (present) return ofPurchase(present, purchaseId)
  try {
    return ofPurchase(await jobFromMarketplace(ctx, currentJob, { purchaseId, onQuestion }, signal), purchaseId)
  } catch (error) {
    throw withRemedy(error)
  }
}

async function jobFromMarketplace(
  ctx: EdgeContext,
  currentJob: CurrentJob,
  { purchaseId, onQuestion }: { purchaseId: string; onQuestion: OnQuestion },
  signal: AbortSignal,
): Promise<JobInHand> {
  let orderedJobId: string | null = null
  try {
    for (;;) {
      // With a job in hand, which may come before the answer to its order, nobody polls.
      if (!usable(currentJob)) await abortable(currentJob.pollNow(), signal)
      const job = await readyJob(currentJob, purchaseId, signal)
      if (job) return job
      if (orderedJobId) {
        throw new AppError('print_refused', 'The marketplace has the print in its queue, but not for now. Try again.')
      }
      // Also when an earlier order's answer was lost: that answer at the printer may be days old.
      if (ctx.settings.asksBeforeUsingRights()) {
        if ((await askForRight(ctx, currentJob, { purchaseId, onQuestion }, signal)) === 'void') continue
      }
      orderedJobId = await order(ctx, purchaseId, signal)
      signal.throwIfAborted()
    }
  } catch (error) {
    if (orderedJobId && signal.aborted) cancelOrdered(ctx, currentJob, orderedJobId)
    throw error
  }
}

/** Refusals that say nothing of an earlier try whose answer was lost. */
const undecided = ['request_in_progress', 'unauthenticated', 'token_expired', 'too_many_requests'] as const
const orderTries = 3

/**
 * Orders a job and gives its id. What it waits for is the answer, also when the print is cancelled meanwhile: the order stands,
 * and we have to know which job it made. One that is lost is asked for again, by the same key, so that it is the same job.
 */
async function order(ctx: EdgeContext, purchaseId: string, signal: AbortSignal): Promise<string> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  const key = await ctx.orders.key(purchaseId)
  for (let tries = 1; ; tries++) {
    try {
      const { print_job_id } = await ctx.marketplace.print(purchaseId, key, ctx.signal)
      await ctx.orders.saveJobId(purchaseId, print_job_id)
      return print_job_id
    } catch (error) {
      if (!isAppError(error)) throw error
      const isRefused = error.status < 500 && !isAppError(error, ...undecided)
      if (isRefused) await ctx.orders.forget(purchaseId)
      const isRepeatable = error.status >= 500 || error.code === 'request_in_progress'
      if (!isRepeatable || tries === orderTries) throw error
      await sleep(backoff.next(), undefined, { signal })
    }
  }
}

/** The print that a job was ordered for is gone: the job ends when it comes, and neither waits for another nor starts one. */
function cancelOrdered(ctx: EdgeContext, currentJob: CurrentJob, jobId: string): void {
  const arrived = () => {
    const job = currentJob.get()
    return job?.id === jobId ? job : undefined
  }
  const end = async (job: JobInHand) => {
    if (!job.state().record.print) await job.cancel()
  }
  currentJob.changes.until(arrived, ctx.signal).then(end, () => {})
}

/** What the marketplace answers is shown at the printer, to someone who wants to know what to do about it. */
function withRemedy(error: unknown): unknown {
  if (isAppError(error, 'marketplace_unavailable')) {
    const text = "The marketplace cannot be reached. Check the printer's network, then print the file again."
    return new AppError('marketplace_unavailable', text)
  }
  if (isAppError(error, 'not_found')) {
    return new AppError('not_found', 'The marketplace does not know the purchase of this file. Delete the file.')
  }
  return error
}

/**
 * The job in hand; one whose print is over is waited for until it is put away. Errors: print_refused for a print that was
 * started for a job which has ended without it.
 */
async function readyJob(currentJob: CurrentJob, purchaseId: string, signal: AbortSignal): Promise<JobInHand | null> {
  for (;;) {
    const job = currentJob.get()
    if (!job || usable(currentJob)) return job
    const { phase, record } = job.state()
    if (phase.kind === 'ended' && record.isStartAsked && !record.print && job.purchaseId === purchaseId) {
      throw new AppError('print_refused', `${whyEnded(phase.ending)} To print it all the same, start the file again.`)
    }
    await currentJob.changes.until(() => (currentJob.get() === job ? undefined : true), signal)
  }
}

function usable(currentJob: CurrentJob): boolean {
  const job = currentJob.get()
  return job !== null && isUsable(job.state())
}

function ofPurchase(job: JobInHand, purchaseId: string): JobInHand {
  if (job.purchaseId === purchaseId) return job
  throw new AppError('print_refused', 'Another LMNT print is waiting for this printer. Print or cancel that one first.')
}
