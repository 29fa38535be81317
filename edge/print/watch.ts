import { setTimeout as sleep } from 'node:timers/promises'
import type { PrintStats } from '../../schema/http/print-jobs.ts'
import { createChanges } from '../changes.ts'
import type { EdgeContext } from '../context.ts'
import type { PrinterState } from '../moonraker/printer-state.ts'
import { plainText } from '../plain-text.ts'
import { askHistory, currentHistoryId } from './history.ts'
import { end, fail, type Job, type Outcome } from './job.ts'
import { note } from './prepare.ts'

/** How often Klipper is asked when it should have told something by now. */
const askAgainMs = 200
const historyTryMs = 1000

/** What the printer's state says about a job's print: how it ended, nothing yet, or that another print has its place. */
export type Verdict = { kind: 'ended'; outcome: Outcome } | { kind: 'running' } | { kind: 'unknown' }

/** The figures of a print that only its running states show: they are gone once it is cancelled. */
interface Seen {
  totalDuration: number
  progress: number
}

/** Follows the job's print from the moment its stream was opened until Moonraker has said how it ended. */
export async function watchPrint(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  const seen: Seen = { totalDuration: 0, progress: 0 }
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
      const verdict = judge(ctx.moonraker.state(), job, seen)
      if (verdict.kind === 'ended') return await tell(ctx, job, verdict.outcome)
      if (verdict.kind === 'unknown' || job.isClosed) return await findOut(ctx, job, seen, signal)
      await historyId()
    }
  } finally {
    for (const stop of stops) stop()
  }
}

/** Judges by Klipper's own states. Anything but a completed print gives the right back. */
export function judge(state: PrinterState, job: Job, seen: Seen): Verdict {
  const { klippy, printStats } = state
  if (!state.isConnected) return { kind: 'running' }
  if (klippy === 'shutdown' || klippy === 'error') {
    return failure('klippy_shutdown', state.klippyMessage || 'Klipper has shut down.', seen)
  }
  if (klippy !== 'ready') return failure('klippy_disconnect', 'Klipper stopped during the print.', seen)
  const isOther = printStats.filename !== job.record.print?.filename || printStats.total_duration < seen.totalDuration
  if (isOther || printStats.state === 'standby') return { kind: 'unknown' }
  const stats = statsOf(state)
  switch (printStats.state) {
    case 'complete':
      return { kind: 'ended', outcome: completed(job, stats) }
    case 'error':
      return failure('error', printStats.message || 'The print ended in an error.', seen, stats)
    case 'cancelled':
      return failure('cancelled', 'The print was cancelled at the printer.', seen, stats)
    default:
      seen.totalDuration = printStats.total_duration
      seen.progress = state.progress
      return { kind: 'running' }
  }
}

function failure(reason: string, error: string, seen: Seen, stats: PrintStats = {}): Verdict {
  const progress = seen.progress
  return {
    kind: 'ended',
    outcome: { status: 'failure', error: plainText(error), stats: { progress, ...stats, reason } },
  }
}

/** Complete is a success, unless we know better: a print whose lines were never all handed over was not this one. */
function completed(job: Job, stats: PrintStats): Outcome {
  const { totals } = job.record.claim
  if (job.isSeenWhole && job.delivered < totals.bytes) {
    const error = 'The printer called the print complete before it had all of its lines.'
    return { status: 'failure', error, stats: { ...stats, reason: 'incomplete' } }
  }
  return { status: 'success', stats: { ...stats, progress: 1, lines: totals.lines, layers: totals.layers } }
}

function statsOf({ printStats, progress }: PrinterState): PrintStats {
  const { print_duration, total_duration, filament_used, info } = printStats
  return {
    print_duration_s: Math.max(0, print_duration),
    total_duration_s: Math.max(0, total_duration),
    filament_used_mm: filament_used,
    ...(info.current_layer ? { layers: Math.round(info.current_layer) } : {}),
    ...(progress > 0 ? { progress } : {}),
  }
}

async function tell(ctx: EdgeContext, job: Job, outcome: Outcome): Promise<void> {
  end(job, { kind: 'outcome', outcome: { ...outcome, ...(await shutdownText(ctx, outcome)) } })
}

/** Klipper's reason for a shutdown comes a moment after the word itself. */
async function shutdownText(ctx: EdgeContext, outcome: Outcome): Promise<{ error?: string }> {
  if (outcome.stats?.reason !== 'klippy_shutdown') return {}
  const state = await ctx.moonraker.refresh().catch(() => null)
  return state?.klippyMessage ? { error: plainText(state.klippyMessage) } : {}
}

/**
 * The stream has ended, or another print has this one's place: asks Klipper, then Moonraker's history. What nobody can tell
 * is a failure, so that the right is not lost.
 */
async function findOut(ctx: EdgeContext, job: Job, seen: Seen, signal: AbortSignal): Promise<void> {
  const until = performance.now() + ctx.config.timing.unknownMs
  do {
    await ctx.moonraker.changes.until(() => ctx.moonraker.state().isConnected || undefined, signal)
    const state = await ctx.moonraker.refresh().catch(() => ctx.moonraker.state())
    const verdict = judge(state, job, seen)
    if (verdict.kind === 'ended') return await tell(ctx, job, verdict.outcome)
    if (verdict.kind === 'unknown') {
      const outcome = await askHistory(ctx, job).catch(() => null)
      if (outcome) return end(job, { kind: 'outcome', outcome })
    }
    await sleep(askAgainMs, undefined, { signal })
  } while (performance.now() < until)
  fail(job, 'Nobody can tell how the print ended.', { reason: 'unknown', progress: seen.progress })
}

/** Keeps this print's id in Moonraker's history, so that after a restart it can be asked for this very print. */
function historyIdNoter(ctx: EdgeContext, job: Job): () => Promise<void> {
  let nextTry = 0
  return async () => {
    const { print } = job.record
    if (!print || print.history_id !== null || performance.now() < nextTry) return
    nextTry = performance.now() + historyTryMs
    const history_id = await currentHistoryId(ctx, print.filename).catch(() => null)
    if (history_id !== null) await note(ctx, job, { print: { ...print, history_id } })
  }
}
