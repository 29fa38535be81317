import type { ClaimedJob, PrinterActivity } from '../../../schema/http/print-jobs.ts'
import { isPrinting, type PrinterState } from '../../moonraker/printer-state.ts'
import type { OpenGcode } from '../gcode/open.ts'
import { type HistoryEnd, isOurs, type Outcome, type PrintFacts, type Snapshot } from './outcome.ts'
import type { JobRecord } from './record.ts'

/** How a job ends: with an outcome to report, or dropped because the marketplace has ended it. */
export type Ending = { kind: 'outcome'; outcome: Outcome } | { kind: 'dropped'; why: string }

/** The job's print has not begun. */
export interface Waiting {
  kind: 'waiting'
  /**
   * Until when (of performance.now()) the edge should start the print; null: not at all. Infinity is auto_start, which other prints do
   * not end; any other time is a person's consent, which `observe` may end earlier.
   */
  startUntil: number | null
  /** Somebody at the printer answered "Not now", and there was no other print since. */
  isDeclined: boolean
  /** Moonraker has read the stub's picture and figures: its history copies them at the start of the print only. */
  isStubRead: boolean
  /** The start of the print by this run of the edge. */
  start: StartCall
  /** No start of this job waits in Klipper. */
  isQueueEmpty: boolean
}

/** Times are of performance.now(). A start that was sent cannot be withdrawn: it may wait in Klipper behind a long macro. */
export type StartCall =
  | { kind: 'none' }
  | { kind: 'sent'; sentAt: number }
  | { kind: 'answered'; sentAt: number; at: number }

/** A print on the printer is this job's. */
export interface Printing extends PrintProgress {
  kind: 'printing'
}

/** Klipper has closed the stream, so the print is over; its outcome is not known yet. Another print may follow at any time. */
export interface Closing extends PrintProgress {
  kind: 'closing'
  /** The byte up to which Klipper had run the lines. */
  closedAt: number
}

/** The outcome is decided, and may not be on the disk yet. */
export interface Ended {
  kind: 'ended'
  ending: Ending
  isQueueEmpty: boolean
  /** The report is in the outbox. */
  isReported: boolean
}

interface PrintProgress {
  /** The extra has asked this run of the edge for the lines. */
  isStreamAsked: boolean
  /** Whether this run of the edge has seen the print from its first byte on. */
  isSeenFromStart: boolean
  /** The byte up to which lines were handed to the extra. */
  delivered: number
  /** The running print as this run of the edge last saw it; null when it has not. */
  snapshot: Snapshot | null
  /** Set while the printer does not show that the print goes on. */
  doubt: Doubt | null
  /** When Moonraker's history was last asked for the print's id. */
  historyAskedAt: number
}

/** Since when it is unknown whether the print goes on, and the last answers of Klipper and Moonraker's history. */
export interface Doubt {
  since: number
  inquiry: Inquiry | null
}

export interface Inquiry {
  at: number
  /** Klipper has answered: the printer's state is fresh. */
  isAnswered: boolean
  /** The print in Moonraker's history, when it is over there. */
  entry: HistoryEnd | null
}

export type Phase = Waiting | Printing | Closing | Ended

/** The latest grant, and until when (milliseconds of performance.now()) it is worth trying. */
export interface Grant {
  cws_token: string
  cws_url: string
  until: number
}

/** The printer's activity with the job's print, and a message about it for people. */
export interface Activity {
  printer_state: PrinterActivity
  /** Plain text of at most 300 characters. */
  printer_message: string | null
}

/** The state of a job. Only run.ts replaces it, with the results of `apply` and `observe`. */
export interface Job {
  readonly id: string
  readonly purchaseId: string
  /** As it is on the disk. */
  readonly record: JobRecord
  readonly phase: Phase
  /** Whether this run of the edge holds the job at the marketplace; after a restart it has to claim it again. */
  readonly isHeld: boolean
  /** When the marketplace answered a claim with another job or none: this job has ended there. */
  readonly givenUpAt: number | null
  readonly grant: Grant | null
  /** The checked container and its key. */
  readonly gcode: OpenGcode | null
  /** This run of the edge has written the stub. */
  readonly isStubWritten: boolean
  /** How often the whole spool had a wrong hash. */
  readonly wrongSpools: number
  /** The marketplace, or somebody at the printer, has cancelled the job. */
  readonly isCancelWanted: boolean
  /** The marketplace wants a pause. After a restart this is the last saved wish, until the marketplace answers. */
  readonly isPauseWanted: boolean
  /** The extra has a stream of this job open. */
  readonly isStreaming: boolean
  /** The print began in another boot of the host, so it cannot be running now. */
  readonly isFromAnotherBoot: boolean
  /** Since when Moonraker is connected (of performance.now()). */
  readonly connectedAt: number | null
  /** Since when Klipper accepts no command (of performance.now()), because Moonraker or Klippy is away. Null: it accepts them. */
  readonly awaySince: number | null
  /** The last progress sent to the marketplace: its time, whether the lines were running, the printer's activity. */
  readonly lastProgress: { at: number; isRunning: boolean; activity: Activity | null } | null
  /** The nonce of the question that was answered with "Not now", while the display shows the message about it. */
  readonly declined: string | null
  /** Why the job does not go on now; shown to people. */
  readonly problem: string | null
}

const never = Number.NEGATIVE_INFINITY

/** The job from its record on the disk. `bootNonce` is of the present boot of the host. */
export function jobFromRecord(record: JobRecord, bootNonce: string): Job {
  const boot = record.print?.boot ?? null
  return {
    id: record.claim.print_job_id,
    purchaseId: record.claim.purchase_id,
    record,
    phase: record.print ? printing(false) : waiting(),
    isHeld: false,
    givenUpAt: null,
    grant: null,
    gcode: null,
    isStubWritten: false,
    wrongSpools: 0,
    isCancelWanted: record.is_cancel_wanted,
    isPauseWanted: record.pause !== 'none',
    isStreaming: false,
    isFromAnotherBoot: boot !== null && boot !== bootNonce,
    connectedAt: null,
    awaySince: null,
    lastProgress: null,
    declined: null,
    problem: null,
  }
}

export function waiting(): Waiting {
  return {
    kind: 'waiting',
    startUntil: null,
    isDeclined: false,
    isStubRead: false,
    start: { kind: 'none' },
    isQueueEmpty: false,
  }
}

export function printing(isSeenFromStart: boolean): Printing {
  return {
    kind: 'printing',
    isStreamAsked: false,
    isSeenFromStart,
    delivered: 0,
    snapshot: null,
    doubt: null,
    historyAskedAt: never,
  }
}

export function recordFromClaim(claim: ClaimedJob): JobRecord {
  const { cws_token: _grant, status: _status, cancel_requested: _cancel, pause_requested: _pause, ...rest } = claim
  return {
    claim: rest,
    isOrdered: false,
    isSpooled: false,
    stub: null,
    isStartAsked: false,
    is_cancel_wanted: false,
    printed_by: null,
    print: null,
    pause: 'none',
    resume_refused: null,
    closed_at: 0,
    printed_to: 0,
    progress: 0,
    figures: {},
  }
}

/** The facts of the job's print, for outcome.ts. */
export function factsOf({ record, gcode, phase }: Job): PrintFacts {
  const noProgress = { snapshot: null, delivered: 0, isSeenFromStart: false, closedAt: 0 }
  if (phase.kind !== 'printing' && phase.kind !== 'closing') return { record, gcode, ...noProgress }
  const { snapshot, delivered, isSeenFromStart } = phase
  return {
    record,
    gcode,
    snapshot,
    delivered,
    isSeenFromStart,
    closedAt: phase.kind === 'closing' ? phase.closedAt : 0,
  }
}

/** The printer prints this job's file. */
export function isOn(job: Job, printer: PrinterState): boolean {
  return isPrinting(printer) && isOurs(printer, factsOf(job))
}

/** The job's lines are running, or were before a restart of the edge: then its stream may not be open yet. */
export function isRunning({ phase, record }: Job): boolean {
  return (phase.kind === 'printing' || phase.kind === 'closing') && (phase.delivered > 0 || record.progress > 0)
}

/** A print of the job can begin or go on. */
export function isUsable({ phase }: Job): boolean {
  return phase.kind === 'waiting' || phase.kind === 'printing'
}

/** Why the job has ended, for the person at the printer. */
export function whyEnded(ending: Ending): string {
  return (ending.kind === 'outcome' && ending.outcome.error) || 'This print job has ended.'
}
