import type { PrintStats } from '../../../schema/http/print-jobs.ts'
import type { PrinterState } from '../../moonraker/printer-state.ts'
import { joinLines, plainText } from '../../plain-text.ts'
import type { JobRecord } from './record.ts'

export interface Outcome {
  status: 'success' | 'failure'
  error?: string
  stats?: PrintStats
}

/** What is known of a job's print. */
export interface PrintFacts {
  record: JobRecord
  /** The checked G-code, with the byte after its last line that extrudes. */
  gcode: { printedBy: number } | null
  /** The print while this run of the edge saw it run; null when it has not. */
  snapshot: Snapshot | null
  /** The byte up to which lines were handed to the extra. */
  delivered: number
  /** Whether this run of the edge has seen the print from its first byte on. */
  isSeenFromStart: boolean
  /** The byte up to which Klipper had run the lines when it let go of them; 0 before. */
  closedAt: number
}

/** A print that is over in Moonraker's history. */
export interface HistoryEnd {
  status: string
  stats: PrintStats
}

/**
 * What the printer's state says about a job's print: how it ended, that it goes on, or that this state cannot tell: another
 * print has its place, or Klippy is not there.
 */
export type Verdict =
  | { kind: 'ended'; outcome: Outcome }
  | { kind: 'running'; snapshot?: Snapshot }
  | { kind: 'unknown' }

/** A print while it runs: what its end alone does not tell any more. */
export interface Snapshot {
  totalDuration: number
  /** The byte up to which Klipper had run the lines. */
  position: number
  stats: PrintStats
}

/** Judges by Klipper's own states. Only a print that ran to its end, or printed all there is, uses the right. */
export function judge(state: PrinterState, job: PrintFacts): Verdict {
  const { isConnected, klippy, printStats } = state
  if (!isConnected) return { kind: 'running' }
  if (klippy !== 'ready') return judgeWithoutKlippy(state, job)
  if (!isOurs(state, job)) return { kind: 'unknown' }
  const stats = statsOf(state)
  switch (printStats.state) {
    case 'complete':
      return ended(job, completed(job, stats), positionIn(state, job))
    case 'error':
      return ended(job, failure('error', printStats.message || texts.error, stats), positionIn(state, job))
    case 'cancelled':
      if (state.lineError?.purchaseId === job.record.claim.purchase_id) {
        // Cancelled by on_error_gcode, not by a person.
        return ended(job, failure('error', state.lineError.text, stats), state.filePosition)
      }
      // A cancel by a line of the print itself leaves the place behind that line; any other cancel leaves 0.
      return ended(job, cancelled(job, state.filePosition, stats), state.filePosition)
    default: {
      const position = positionIn(state, job)
      return { kind: 'running', snapshot: { totalDuration: printStats.total_duration, position, stats } }
    }
  }
}

function ended(job: PrintFacts, outcome: Outcome, position: number): Verdict {
  return { kind: 'ended', outcome: conclude(job, outcome, position) }
}

/** How far Klipper has run the job's lines by its own status. Until the stream has taken the stub's place, that tells of the stub. */
function positionIn({ filePosition, fileSize }: PrinterState, job: PrintFacts): number {
  return fileSize === job.record.claim.totals.bytes ? filePosition : 0
}

/**
 * In a shutdown no print goes on. While Klippy is only not there it may be Moonraker that was started again, and a print that
 * this run of the edge has never seen may have ended well before: the history knows more.
 */
function judgeWithoutKlippy(state: PrinterState, job: PrintFacts): Verdict {
  const { klippy, klippyMessage } = state
  const isDown = klippy === 'shutdown' || klippy === 'error'
  if (!isDown || !job.snapshot) return { kind: 'unknown' }
  const position = isOurs(state, job) ? positionIn(state, job) : 0
  return ended(job, failure('klippy_shutdown', klippyMessage || texts.klippy_shutdown), position)
}

/**
 * Whether the print that the printer tells of, running or over, is this job's, and not one of another file or of the same one,
 * begun again. Before a print has asked for its lines it is known by the stub.
 */
export function isOurs({ printStats }: PrinterState, job: PrintFacts): boolean {
  const { print, stub, figures } = job.record
  const ran = job.snapshot?.totalDuration ?? figures.total_duration_s ?? 0
  const isOurFile = printStats.filename === (print?.filename ?? stub)
  return isOurFile && printStats.state !== 'standby' && printStats.total_duration >= ran
}

/** How far Klipper has run the lines for certain: by its own count, not by what was handed to it. */
export function reached(job: PrintFacts): number {
  return Math.max(job.closedAt, job.snapshot?.position ?? 0, job.record.closed_at, job.record.printed_to)
}

/** Whether every line that prints has been run, up to this byte or to what was seen before. False while nobody has checked the lines. */
export function isPrinted(job: PrintFacts, position = 0): boolean {
  const printedBy = job.gcode?.printedBy ?? job.record.printed_by
  return printedBy !== null && Math.max(reached(job), position) >= printedBy
}

/**
 * How the print ended, given how its end looked and up to which byte Klipper had run it by then. A print of which every line that
 * prints has been run is a success, whatever ended it: a printer that switches itself off, an end macro that fails.
 */
export function conclude(job: PrintFacts, outcome: Outcome, position = 0): Outcome {
  if (outcome.status === 'success' || !isPrinted(job, position)) return outcome
  return success(job, `${outcome.stats?.reason ?? 'unknown'}_at_end`, outcome.stats ?? {})
}

/** Complete, but for a print whose lines were never all handed over: that was not this one. */
export function completed(job: PrintFacts, stats: PrintStats): Outcome {
  const { totals } = job.record.claim
  if (job.isSeenFromStart && job.delivered < totals.bytes) {
    return failure('incomplete', 'The printer called the print complete before it had all of its lines.', stats)
  }
  return success(job, 'complete', stats)
}

function success({ record }: PrintFacts, reason: string, stats: PrintStats): Outcome {
  const { lines, layers } = record.claim.totals
  return { status: 'success', stats: { ...stats, progress: 1, lines, layers, reason } }
}

/** A cancel, with how far the print was. */
export function cancelled(job: PrintFacts, position: number, stats: PrintStats): Outcome {
  const run = Math.max(reached(job), position) / job.record.claim.totals.bytes
  const progress = Math.min(1, Math.max(stats.progress ?? 0, job.snapshot?.stats.progress ?? 0, run))
  return failure('cancelled', texts.cancelled, { ...stats, progress })
}

/** A failure in words that may come from anywhere: as plain text, and no longer than a report may have. */
export function failure(reason: string, error: string, stats: PrintStats = {}): Outcome {
  return { status: 'failure', error: plainText(joinLines(error)), stats: { ...stats, reason } }
}

/**
 * How the print ended by Moonraker's history; null while that does not say. "interrupted" and "server_exit" are words about
 * Moonraker, which was started again: the print may have gone on without it.
 */
export function outcomeByHistory(
  job: PrintFacts,
  { status, stats }: HistoryEnd,
  { klippy, klippyMessage }: Pick<PrinterState, 'klippy' | 'klippyMessage'>,
): Outcome | null {
  if (['in_progress', 'interrupted', 'server_exit'].includes(status)) return null
  if (status === 'completed') return completed(job, stats)
  if (status === 'cancelled') return cancelled(job, 0, stats)
  const reason = status.slice(0, 40)
  // Klipper says why it has shut down; the history does not.
  if (reason === 'klippy_shutdown' && klippy === 'shutdown' && klippyMessage)
    return failure(reason, klippyMessage, stats)
  const text = Object.hasOwn(texts, reason)
    ? texts[reason as keyof typeof texts]
    : `The printer's history says: ${reason}.`
  return failure(reason, text, stats)
}

/**
 * Why a stub's print, whose start was sent at that time (of performance.now()), ended before it asked for its lines: no extra in
 * Klipper, say. An error that on_error_gcode answers by a cancel is told on the console only.
 */
export function whyNotBegun(
  { printStats, consoleError }: PrinterState,
  sentAt: number,
  isCancelWanted: boolean,
): { reason: 'cancelled' | 'error'; text: string } {
  const consoleText = consoleError !== null && consoleError.at >= sentAt ? consoleError.text : ''
  const text = printStats.message || consoleText
  const isCancelled = isCancelWanted || (printStats.state === 'cancelled' && text === '')
  return { reason: isCancelled ? 'cancelled' : 'error', text: text || 'The print ended before its first line.' }
}

/** Nobody has told how the print ended. */
export function lost({ klippy, klippyMessage }: PrinterState, isFromAnotherBoot: boolean): Outcome {
  if (isFromAnotherBoot) return failure('host_restarted', texts.host_restarted)
  if (klippy === 'ready') return failure('unknown', texts.unknown)
  if (klippy === 'shutdown') return failure('klippy_shutdown', klippyMessage || texts.klippy_shutdown)
  return failure('klippy_disconnect', texts.klippy_disconnect)
}

/** How a print ended, where nobody said it in words of their own. */
export const texts = {
  cancelled: 'The print was cancelled at the printer.',
  error: 'The print ended in an error.',
  klippy_shutdown: 'Klipper has shut down.',
  klippy_disconnect: 'Klipper stopped during the print.',
  host_restarted: "The printer's host was restarted in the middle of the print.",
  record_damaged: "What the printer's host had written down of this print is damaged.",
  unknown: 'Nobody can tell how the print ended.',
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

/** What a report says of a print that nothing is known of, as of one that never began. */
const untouched: PrintStats = { print_duration_s: 0, total_duration_s: 0, filament_used_mm: 0, layers: 0, progress: 0 }

/** All the figures of a report: what the end itself said, else what was last seen, also before a restart. */
export function reportedStats(job: PrintFacts, stats: PrintStats | undefined): PrintStats {
  // Of a damaged record nobody knows.
  const none = isUnprinted(job) && stats?.reason !== 'record_damaged' ? { lines: 0 } : {}
  return {
    ...untouched,
    ...none,
    progress: job.record.progress,
    ...job.record.figures,
    ...job.snapshot?.stats,
    ...stats,
  }
}

/** No line of the job can have run: none was handed to Klipper, and this run of the edge has seen the print from its beginning. */
function isUnprinted({ record, isSeenFromStart, delivered }: PrintFacts): boolean {
  return record.print === null || (isSeenFromStart && delivered === 0)
}
