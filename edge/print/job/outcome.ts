import type { PrintStats } from '../../../schema/http/print-jobs.ts'
import type { PrinterState } from '../../moonraker/printer-state.ts'
import { joinLines, plainText } from '../../plain-text.ts'
import type { JobRecord } from './record.ts'

export interface Outcome {
  status: 'success' | 'failure'
  error?: string
  stats?: PrintStats
}

/** The known facts of a job's print. */
export interface PrintFacts {
  record: JobRecord
  /** The checked G-code, with the byte after its last line that extrudes. */
  gcode: { printedBy: number } | null
  /** The running print as this run of the edge last saw it; null when it has not. */
  snapshot: Snapshot | null
  /** The byte up to which lines were handed to the extra. */
  delivered: number
  /** Whether this run of the edge has seen the print from its first byte on. */
  isSeenFromStart: boolean
  /** The byte up to which Klipper had run the lines when it closed the stream; 0 before. */
  closedAt: number
}

/** A print that is over in Moonraker's history. */
export interface HistoryEnd {
  status: string
  stats: PrintStats
}

/**
 * The status of a job's print by the printer's state: how it ended, that it runs, or unknown. It is unknown when the printer shows
 * another print, or when Klippy is missing.
 */
export type Verdict =
  | { kind: 'ended'; outcome: Outcome }
  | { kind: 'running'; snapshot?: Snapshot }
  | { kind: 'unknown' }

/** A running print: values that the printer no longer shows after its end. */
export interface Snapshot {
  totalDuration: number
  /** The byte up to which Klipper had run the lines. */
  position: number
  stats: PrintStats
}

/** Judges by Klipper's own states. Only a print that is complete, or whose extruding lines have all run, uses the right. */
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
      // After a cancel by a line of the print, the position is behind that line; after any other cancel it is 0.
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

/** How far Klipper has run the job's lines by its own status. Before the stream replaces the stub, that is a position in the stub: 0. */
function positionIn({ filePosition, fileSize }: PrinterState, job: PrintFacts): number {
  return fileSize === job.record.claim.totals.bytes ? filePosition : 0
}

/**
 * A shutdown ends every print. When Klippy is only missing, Moonraker may have restarted. A print that this run of the edge never saw
 * may have ended before; then the history decides.
 */
function judgeWithoutKlippy(state: PrinterState, job: PrintFacts): Verdict {
  const { klippy, klippyMessage } = state
  const isDown = klippy === 'shutdown' || klippy === 'error'
  if (!isDown || !job.snapshot) return { kind: 'unknown' }
  const position = isOurs(state, job) ? positionIn(state, job) : 0
  return ended(job, failure('klippy_shutdown', klippyMessage || texts.klippy_shutdown), position)
}

/**
 * Whether the print in the printer's state, running or over, is this job's, and not one of another file, or of the same file begun
 * again. Before a print has asked for its lines, its file is the stub.
 */
export function isOurs({ printStats }: PrinterState, job: PrintFacts): boolean {
  const { print, stub, figures } = job.record
  const ran = job.snapshot?.totalDuration ?? figures.total_duration_s ?? 0
  const isOurFile = printStats.filename === (print?.filename ?? stub)
  return isOurFile && printStats.state !== 'standby' && printStats.total_duration >= ran
}

/** How far Klipper has certainly run the lines: by its own count, not by the lines sent. */
export function reached(job: PrintFacts): number {
  return Math.max(job.closedAt, job.snapshot?.position ?? 0, job.record.closed_at, job.record.printed_to)
}

/** Whether every extruding line has run, by this byte or by an earlier position. False before the lines were checked. */
export function isPrinted(job: PrintFacts, position = 0): boolean {
  const printedBy = job.gcode?.printedBy ?? job.record.printed_by
  return printedBy !== null && Math.max(reached(job), position) >= printedBy
}

/**
 * The final outcome, from the outcome by the printer and the byte up to which Klipper had run the lines. A print whose extruding
 * lines have all run is a success, even when its end macro fails or switches the printer off.
 */
export function conclude(job: PrintFacts, outcome: Outcome, position = 0): Outcome {
  if (outcome.status === 'success' || !isPrinted(job, position)) return outcome
  return success(job, `${outcome.stats?.reason ?? 'unknown'}_at_end`, outcome.stats ?? {})
}

/** A success, unless not all lines were sent: then "complete" is about another print. */
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

/** A cancel, with the progress of the print. */
export function cancelled(job: PrintFacts, position: number, stats: PrintStats): Outcome {
  const run = Math.max(reached(job), position) / job.record.claim.totals.bytes
  const progress = Math.min(1, Math.max(stats.progress ?? 0, job.snapshot?.stats.progress ?? 0, run))
  return failure('cancelled', texts.cancelled, { ...stats, progress })
}

/** A failure whose text may come from anywhere: it becomes plain text, cut to the length that a report allows. */
export function failure(reason: string, error: string, stats: PrintStats = {}): Outcome {
  return { status: 'failure', error: plainText(joinLines(error)), stats: { ...stats, reason } }
}

/**
 * How the print ended by Moonraker's history; null while it does not say. "interrupted" and "server_exit" mean that Moonraker
 * restarted: the print may have gone on without it.
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
  // Klipper has the reason of its shutdown; the history does not.
  if (reason === 'klippy_shutdown' && klippy === 'shutdown' && klippyMessage)
    return failure(reason, klippyMessage, stats)
  const text = Object.hasOwn(texts, reason)
    ? texts[reason as keyof typeof texts]
    : `The printer's history says: ${reason}.`
  return failure(reason, text, stats)
}

/**
 * Why a stub's print ended before it asked for its lines, for example because Klipper has no extra. `sentAt` is the time of its start
 * (of performance.now()). An error after which on_error_gcode cancels is on the console only.
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

/** The outcome of a print whose end is unknown. */
export function lost({ klippy, klippyMessage }: PrinterState, isFromAnotherBoot: boolean): Outcome {
  if (isFromAnotherBoot) return failure('host_restarted', texts.host_restarted)
  if (klippy === 'ready') return failure('unknown', texts.unknown)
  if (klippy === 'shutdown') return failure('klippy_shutdown', klippyMessage || texts.klippy_shutdown)
  return failure('klippy_disconnect', texts.klippy_disconnect)
}

/** Default texts for the reasons of an end. */
export const texts = {
  cancelled: 'The print was cancelled at the printer.',
  error: 'The print ended in an error.',
  klippy_shutdown: 'Klipper has shut down.',
  klippy_disconnect: 'Klipper stopped during the print.',
  host_restarted: "The printer's host was restarted in the middle of the print.",
  record_damaged: "The record of this print on the printer's host is damaged.",
  unknown: 'The end of the print is unknown.',
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

/** The figures of a print that never began, or that nothing is known about. */
const zeroStats: PrintStats = { print_duration_s: 0, total_duration_s: 0, filament_used_mm: 0, layers: 0, progress: 0 }

/** All figures of a report: those of the end, else the last ones seen, also before a restart. */
export function reportedStats(job: PrintFacts, stats: PrintStats | undefined): PrintStats {
  // With a damaged record the number of lines is unknown.
  const none = isUnprinted(job) && stats?.reason !== 'record_damaged' ? { lines: 0 } : {}
  return {
    ...zeroStats,
    ...none,
    progress: job.record.progress,
    ...job.record.figures,
    ...job.snapshot?.stats,
    ...stats,
  }
}

/** No line of the job can have run: none was sent to Klipper, and this run of the edge has seen the print from its start. */
function isUnprinted({ record, isSeenFromStart, delivered }: PrintFacts): boolean {
  return record.print === null || (isSeenFromStart && delivered === 0)
}
