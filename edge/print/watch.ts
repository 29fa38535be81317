import { setTimeout as sleep } from 'node:timers/promises'
import { deadline } from '../../runtime/deadline.ts'
import { createBackoff } from '../backoff.ts'
import { createChanges } from '../changes.ts'
import type { EdgeContext } from '../context.ts'
import { askHistory, currentHistoryId } from './history.ts'
import { cancelled, conclude, isPrinted, judge, reached, texts, type Verdict } from './job/outcome.ts'
import { end, failure, type Job, type Outcome } from './job/state.ts'
import { note } from './prepare.ts'

/** How often Klipper is asked when it should have told something by now. */
const askAgainMs = 200
const historyTryMs = 1000
/**
 * How long the extra's goodbye, which tells how far Klipper has run the lines, may come after Klipper's word that the print
 * is over: they come by different ways.
 */
const goodbyeMs = 1000

/** Follows the job's print from the moment its stream was opened until Moonraker has said how it ended. */
export async function watchPrint(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  const news = createChanges()
  let isNews = true
  const mark = () => {
    isNews = true
    news.emit()
  }
  const stops = [ctx.moonraker.changes.listen(mark), job.changes.listen(mark)]
  const historyId = historyIdNoter(ctx, job)
  try {
    await job.changes.until(() => job.record.print ?? undefined, signal)
    for (;;) {
      await news.until(() => isNews || undefined, signal)
      isNews = false
      const verdict = look(ctx, job)
      if (verdict.kind === 'running' && !job.isClosed) {
        await notePrinted(ctx, job)
        await historyId()
      } else if (await findOut(ctx, job, signal)) return
    }
  } finally {
    for (const stop of stops) stop()
  }
}

/** Judges by the state that Moonraker told last. */
function look(ctx: EdgeContext, job: Job): Verdict {
  const verdict = judge(ctx.moonraker.state(), job)
  if (verdict.kind === 'running' && verdict.seen) job.seen = verdict.seen
  return verdict
}

/**
 * The print is over, or seems to be: asks Klipper, then Moonraker's history, for as long as it takes Klippy to start. What
 * nobody can tell is a failure, so that the right is not lost. False: the print goes on after all.
 */
async function findOut(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<boolean> {
  await within(goodbyeMs, job, () => !job.isStreaming || job.isClosed, signal)
  const backoff = createBackoff(askAgainMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  let until = performance.now() + ctx.config.timing.unknownMs
  do {
    if (!ctx.moonraker.state().isConnected) {
      await ctx.moonraker.changes.until(() => ctx.moonraker.state().isConnected || undefined, signal)
      until = performance.now() + ctx.config.timing.unknownMs
    }
    const told = look(ctx, job)
    if (told.kind === 'ended') return await tell(ctx, job, told.outcome)
    const isAnswered = await ctx.moonraker.refresh().then(
      () => true,
      () => false,
    )
    const asked = look(ctx, job)
    if (asked.kind === 'ended') return await tell(ctx, job, asked.outcome)
    if (asked.kind === 'running' && !job.isClosed) return false
    const known = asked.kind === 'unknown' && (await fromElsewhere(ctx, job))
    if (known) return await tell(ctx, job, known)
    if (isAnswered && isStopped(ctx, job)) return await tell(ctx, job, cancelled(job, 0, {}))
    if (performance.now() < until) await sleep(askAgainMs, undefined, { signal })
    else await within(backoff.next(), job, () => job.isHeld, signal)
    // On a copy of the SD card the print was never here: while its lease lives, only who holds the job may end it.
  } while (performance.now() < until || (isAnotherBoot(ctx, job) && !job.isHeld))
  return await tell(ctx, job, lost(ctx, job))
}

/** Waits until this holds of the job, but no longer than so. */
async function within(ms: number, job: Job, holds: () => boolean, signal: AbortSignal): Promise<void> {
  const late = deadline(ms, signal)
  try {
    await job.changes.until(() => holds() || undefined, late.signal)
  } catch {
    signal.throwIfAborted()
  } finally {
    late.clear()
  }
}

/** Klipper has let go of the lines before their end, and tells of another print by now: the same file begun anew, say. */
function isStopped(ctx: EdgeContext, job: Job): boolean {
  return job.isClosed && job.closedAt < job.record.claim.totals.bytes && ctx.moonraker.state().klippy === 'ready'
}

/** What is known of a print that Klipper does not show any more; null when that is nothing. */
async function fromElsewhere(ctx: EdgeContext, job: Job): Promise<Outcome | null> {
  const outcome = await askHistory(ctx, job).catch(() => null)
  if (outcome) return outcome
  const { klippy } = ctx.moonraker.state()
  const isAnswered = klippy === 'ready' || klippy === 'shutdown' || klippy === 'error'
  return isAnswered && job.isHeld && isAnotherBoot(ctx, job) ? failure('host_restarted', texts.host_restarted) : null
}

/** A power cut, say: Klippy runs in a boot of the host in which the print never was. */
export function isAnotherBoot(ctx: EdgeContext, job: Job): boolean {
  const boot = job.record.print?.boot ?? null
  return boot !== null && boot !== ctx.bootNonce
}

/** Nobody has told how it ended. */
function lost(ctx: EdgeContext, job: Job): Outcome {
  const { klippy, klippyMessage } = ctx.moonraker.state()
  if (isAnotherBoot(ctx, job)) return failure('host_restarted', texts.host_restarted)
  if (klippy === 'ready') return failure('unknown', texts.unknown)
  if (klippy === 'shutdown') return failure('klippy_shutdown', klippyMessage || texts.klippy_shutdown)
  return failure('klippy_disconnect', texts.klippy_disconnect)
}

async function tell(ctx: EdgeContext, job: Job, outcome: Outcome): Promise<true> {
  end(job, { kind: 'outcome', outcome: conclude(job, await withShutdown(ctx, job, outcome)) })
  return true
}

/** Klipper's reason for a shutdown, and how far it had run the lines, come a moment after the word itself. */
async function withShutdown(ctx: EdgeContext, job: Job, outcome: Outcome): Promise<Outcome> {
  if (outcome.stats?.reason !== 'klippy_shutdown') return outcome
  const state = await ctx.moonraker.refresh().catch(() => null)
  const verdict = state && judge(state, job)
  return verdict?.kind === 'ended' ? verdict.outcome : outcome
}

/** Keeps that all is printed, as soon as it is: what comes next may switch the host off. */
async function notePrinted(ctx: EdgeContext, job: Job): Promise<void> {
  if (job.record.printed_to > 0 || !isPrinted(job)) return
  await note(ctx, job, { printed_to: reached(job) }).catch((error: unknown) => {
    ctx.log.warn({ err: error, print_job_id: job.id }, 'that all is printed cannot be written down')
  })
}

/** Keeps this print's id in Moonraker's history, so that after a restart it can be asked for this very print. */
function historyIdNoter(ctx: EdgeContext, job: Job): () => Promise<void> {
  let nextTry = 0
  return async () => {
    const { print } = job.record
    if (!print || print.history_id !== null || performance.now() < nextTry) return
    nextTry = performance.now() + historyTryMs
    const history_id = await currentHistoryId(ctx, print).catch(() => null)
    if (history_id !== null) await note(ctx, job, { print: { ...print, history_id } })
  }
}
