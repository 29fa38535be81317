import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, isAppError } from '../../../schema/http/errors.ts'
import { abortable } from '../../abortable.ts'
import { createBackoff } from '../../backoff.ts'
import type { EdgeContext } from '../../context.ts'
import type { CurrentJob, JobHandle } from '../job/current-job.ts'
import { isUsable, whyEnded } from '../job/state.ts'
import { askForRight, type OnQuestion } from './ask-for-right.ts'

/**
 * Finds the job that a print of this purchase belongs to: the current job, else one that waits at the marketplace, else a new one. A
 * new job uses a right, after a question at the printer, and never money. A print that is already running (`isGoingOn`) belongs to the
 * current job or to none. An ordered job that comes too late for its print waits for somebody at the printer: see orders.ts.
 * Errors: print_refused, not_registered, and the marketplace's refusals: no_rights_left, gcode_expired, ...
 */
export async function jobForPurchase(
  ctx: EdgeContext,
  currentJob: CurrentJob,
  { purchaseId, isGoingOn, onQuestion }: { purchaseId: string; isGoingOn: boolean; onQuestion: OnQuestion },
  signal: AbortSignal,
): Promise<JobHandle> {
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
): Promise<JobHandle> {
  let orderedJobId: string | null = null
  try {
    for (;;) {
      // There are no polls with a current job, which may arrive before the answer to its order.
      if (!usable(currentJob)) await abortable(currentJob.pollNow(), signal)
      const job = await readyJob(currentJob, purchaseId, signal)
      if (job) return job
      if (orderedJobId) {
        throw new AppError('print_refused', "The print is in the marketplace's queue, but cannot start yet. Try again.")
      }
      // Asks also when the answer to an earlier order was lost: the consent for that order may be days old.
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

/** Errors that do not tell whether an earlier try, whose answer was lost, has worked. */
const undecided = ['request_in_progress', 'unauthenticated', 'token_expired', 'too_many_requests'] as const
const orderTries = 3

/**
 * Orders a job and returns its id. Waits for the answer also when the print is cancelled meanwhile: the order is valid, and the edge
 * needs the id of its job. After a lost answer it repeats the call with the same key, which gives the same job.
 */
async function order(ctx: EdgeContext, purchaseId: string, signal: AbortSignal): Promise<string> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  const key = await ctx.orders.key(purchaseId)
  for (let tries = 1; ; tries++) {
    try {
      const answer = await ctx.marketplace.print(purchaseId, key, ctx.signal)
      // Its job comes by itself, maybe much later: this print does not wait for it.
      if (answer.status === 'preparing') throw new AppError('preparation_in_progress', answer.message)
      await ctx.orders.saveJobId(purchaseId, answer.print_job_id)
      return answer.print_job_id
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

/** Cancels an ordered job, as soon as it arrives, because its print has ended. */
function cancelOrdered(ctx: EdgeContext, currentJob: CurrentJob, jobId: string): void {
  const arrived = () => {
    const job = currentJob.get()
    return job?.id === jobId ? job : undefined
  }
  const end = async (job: JobHandle) => {
    if (!job.state().record.print) await job.cancel()
  }
  currentJob.changes.until(arrived, ctx.signal).then(end, () => {})
}

/** Adds advice to the marketplace's error, which is shown at the printer. */
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
 * The current job. Waits until a job whose print is over is removed. Errors: print_refused for a print whose job has ended before the
 * print began.
 */
async function readyJob(currentJob: CurrentJob, purchaseId: string, signal: AbortSignal): Promise<JobHandle | null> {
  for (;;) {
    const job = currentJob.get()
    if (!job || usable(currentJob)) return job
    const { phase, record } = job.state()
    if (phase.kind === 'ended' && record.isStartAsked && !record.print && job.purchaseId === purchaseId) {
      throw new AppError('print_refused', `${whyEnded(phase.ending)} To print it anyway, start the file again.`)
    }
    await currentJob.changes.until(() => (currentJob.get() === job ? undefined : true), signal)
  }
}

function usable(currentJob: CurrentJob): boolean {
  const job = currentJob.get()
  return job !== null && isUsable(job.state())
}

function ofPurchase(job: JobHandle, purchaseId: string): JobHandle {
  if (job.purchaseId === purchaseId) return job
  throw new AppError('print_refused', 'Another LMNT print is waiting for this printer. Print or cancel that one first.')
}
