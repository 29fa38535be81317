import { setTimeout as sleep } from 'node:timers/promises'
import { deadline } from '../../runtime/deadline.ts'
import { AppError, isAppError } from '../../schema/http/errors.ts'
import type { ClaimedJob } from '../../schema/http/print-jobs.ts'
import { createBackoff } from '../backoff.ts'
import type { EdgeContext } from '../context.ts'
import { renewToken } from '../marketplace/renew-token.ts'
import type { CurrentJob } from './job/current-job.ts'
import { failure, texts } from './job/outcome.ts'
import { jobFromRecord, recordFromClaim } from './job/state.ts'
import { createRun, type JobRun } from './run.ts'

/** The pause after a poll that was answered early without a job. */
const pauseMs = 1000

/**
 * Waits for the next job of this printer and saves it to the disk. Keeps polling after every error, with a growing delay. A job whose
 * report is not delivered yet is not begun a second time. Rejects only when the edge ends.
 */
export async function nextJob(ctx: EdgeContext, currentJob: CurrentJob): Promise<JobRun> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  for (;;) {
    await ctx.store.changes.until(() => ctx.store.identity() ?? undefined, ctx.signal)
    const waiters = currentJob.polls.drainWaiters()
    const interrupted = currentJob.polls.interrupt()
    const signal = AbortSignal.any([ctx.signal, interrupted])
    const started = performance.now()
    try {
      requireRoomForReport(ctx)
      await renewToken(ctx)
      const claim = await ctx.marketplace.getPrintJob(waiters.length > 0 ? 0 : ctx.settings.pollSeconds(), signal)
      const isReportMissing = claim !== null && ctx.outbox.has(claim.print_job_id)
      currentJob.problem = isReportMissing ? whyNoOther(ctx, claim.print_job_id) : null
      currentJob.polls.countAnswer()
      if (!isReportMissing) backoff.reset()
      if (claim && !isReportMissing) {
        const job = await openClaimed(ctx, claim)
        currentJob.set(job)
        for (const one of waiters) one.resolve()
        return job
      }
      for (const one of waiters) one.resolve()
      const isEarly = performance.now() - started < pauseMs
      if (claim) {
        await waitForReport(ctx, claim.print_job_id, backoff.next(), signal)
        if (!ctx.outbox.has(claim.print_job_id)) currentJob.problem = null
      } else if (isEarly && waiters.length === 0) await sleep(pauseMs * (0.5 + ctx.jitter()), undefined, { signal })
    } catch (error) {
      for (const one of waiters) one.reject(error)
      ctx.signal.throwIfAborted()
      if (interrupted.aborted) continue
      currentJob.problem = isAppError(error) ? error.message : 'The next print job could not be fetched. See the log.'
      ctx.log.warn({ err: error }, 'fetching the next print job failed, trying again')
      await sleep(backoff.next(), undefined, { signal }).catch(() => ctx.signal.throwIfAborted())
    }
  }
}

/** The marketplace gives no other job before it has the report of this one. */
function whyNoOther(ctx: EdgeContext, jobId: string): string {
  const refused = ctx.outbox.entry(jobId)?.refused
  if (!refused) return 'The report of the last print is being sent to the marketplace. The next job comes after it.'
  const remedy = "Update the printer's LMNT service; if that does not help, ask the marketplace's operator."
  return `The marketplace refuses the report of print job ${jobId}, and gives no other job before it has it: ${refused.message} The report is sent again every 10 minutes. ${remedy}`
}

/** Waits until the marketplace has the report, at most `ms`: the job may have ended without it. */
async function waitForReport(ctx: EdgeContext, jobId: string, ms: number, signal: AbortSignal): Promise<void> {
  const late = deadline(ms, signal)
  try {
    await ctx.outbox.changes.until(() => !ctx.outbox.has(jobId) || undefined, late.signal)
  } catch {
    signal.throwIfAborted()
  } finally {
    late.clear()
  }
}

/** Every print ends in a report that must be kept: while too many reports wait, no print begins. */
function requireRoomForReport(ctx: EdgeContext): void {
  if (ctx.outbox.hasRoom()) return
  throw new AppError(
    'print_refused',
    'Too many reports wait for the marketplace. No print begins until they are delivered.',
  )
}

/** Saves the job to the disk before any work on it. */
async function openClaimed(ctx: EdgeContext, claim: ClaimedJob): Promise<JobRun> {
  const isOrdered = ctx.orders.has(claim)
  const record = { ...recordFromClaim(claim), isOrdered }
  const job = createRun(ctx, jobFromRecord(record, ctx.bootNonce))
  job.send({ kind: 'claimed', claim, at: performance.now() })
  if (ctx.records.isDamaged(job.id) || ctx.outbox.isDamaged(job.id)) {
    // The job may have been printed. Printing it again would be worse than a failure, which gives the right back. No new record is
    // written, so that another start of the edge decides the same.
    const outcome = failure('record_damaged', texts.record_damaged)
    job.send({ kind: 'ended', ending: { kind: 'outcome', outcome } })
    return job
  }
  await ctx.records.save(record)
  if (isOrdered) await ctx.orders.forget(job.purchaseId)
  ctx.log.info({ print_job_id: job.id, purchase_id: job.purchaseId }, 'claimed a print job')
  return job
}
