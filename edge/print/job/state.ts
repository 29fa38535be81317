import type { ClaimedJob, PrinterActivity } from '../../../schema/http/print-jobs.ts'
import { isPrinting, type PrinterState } from '../../moonraker/printer-state.ts'
import type { OpenGcode } from '../gcode/open.ts'
import { type HistoryEnd, isOurs, type Outcome, type PrintFacts, type Snapshot } from './outcome.ts'
import type { JobRecord } from './record.ts'

/** How a job ends here: with an outcome to report, or because the marketplace has no more use for it. */
export type Ending = { kind: 'outcome'; outcome: Outcome } | { kind: 'dropped'; why: string }

/** The job's print has not begun. */
export interface Waiting {
  kind: 'waiting'
  /**
   * Until when (of performance.now()) the edge is to start the print; null: nobody wants that. Infinity, as auto_start says,
   * holds whatever is printed meanwhile; anything else is a person's word, which ends as `observe` says.
   */
  startUntil: number | null
  /** Somebody at the printer said "Not now", and it has printed nothing else since. */
  isDeclined: boolean
  /** Moonraker has read the stub's picture and figures, which its history takes when the print starts and never again. */
  isStubRead: boolean
  /** The start of the print by this run of the edge. */
  start: StartCall
  /** No start of this job waits in Klipper any more. */
  isQueueEmpty: boolean
}

/** Times are of performance.now(). A call that was sent cannot be taken back: it may wait in Klipper behind a long macro. */
export type StartCall =
  | { kind: 'none' }
  | { kind: 'sent'; sentAt: number }
  | { kind: 'answered'; sentAt: number; at: number }

/** A print on the printer is this job's. */
export interface Printing extends PrintProgress {
  kind: 'printing'
}

/** Klipper has let go of the lines, so the print is over, and how it ended is asked. Another print may follow at any time. */
export interface Closing extends PrintProgress {
  kind: 'closing'
  /** The byte up to which Klipper had run the lines. */
  closedAt: number
}

/** How the job ended is decided, and is not on the disk yet. */
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
  /** The print while this run of the edge saw it run; null when it has not. */
  snapshot: Snapshot | null
  /** Set while the printer does not show that the print goes on. */
  doubt: Doubt | null
  /** When Moonraker's history was last asked for the print's id. */
  historyAskedAt: number
}

/** Since when it is not known that the print goes on, and what was answered when Klipper and Moonraker's history were asked. */
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

/** What the printer does with the job's print just now, and what people should know of it. */
export interface Activity {
  printer_state: PrinterActivity
  /** Plain text of at most 300 characters. */
  printer_message: string | null
}

/** A job in hand. Only run.ts replaces it, by what `apply` and `observe` answer. */
export interface Job {
  readonly id: string
  readonly purchaseId: string
  /** As it is on the disk. */
  readonly record: JobRecord
  readonly phase: Phase
  /** Whether this run of the edge holds the job at the marketplace; after a restart it has to claim it again. */
  readonly isHeld: boolean
  /** When the marketplace answered a claim with another job or none: this one has ended there. */
  readonly givenUpAt: number | null
  readonly grant: Grant | null
  /** The checked container and its key. */
  readonly gcode: OpenGcode | null
  /** This run of the edge has written the stub. */
  readonly isStubWritten: boolean
  /** How often the whole spool had another hash than announced. */
  readonly wrongSpools: number
  /** The marketplace wants it cancelled, or someone at the printer. */
  readonly isCancelWanted: boolean
  /** The marketplace wants it paused; not known after a restart until it answers, so the last wish that was acted on. */
  readonly isPauseWanted: boolean
  /** The extra has a stream of this job open. */
  readonly isStreaming: boolean
  /** The print began in another boot of the host, in which no print of this one can go on. */
  readonly isFromAnotherBoot: boolean
  /** Since when Moonraker is connected (of performance.now()). */
  readonly connectedAt: number | null
  /** Since when Klipper takes no command (of performance.now()): Moonraker is away, or Klippy is. Null: it takes them. */
  readonly awaySince: number | null
  /** When the marketplace was last sent the progress, whether its lines ran by then, and what the printer did. */
  readonly lastProgress: { at: number; isRunning: boolean; activity: Activity | null } | null
  /** The question that somebody answered by "Not now", while the display says so. */
  readonly declined: string | null
  /** Why it does not go on just now, for people to read. */
  readonly problem: string | null
}

const never = Number.NEGATIVE_INFINITY

/** The job as its record on the disk says, for the boot of the host that this run of the edge is in. */
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

/** What is known of the job's print, for outcome.ts. */
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

/** Its lines run, or did before the edge was started again: then its stream may not be open yet. */
export function isRunning({ phase, record }: Job): boolean {
  return (phase.kind === 'printing' || phase.kind === 'closing') && (phase.delivered > 0 || record.progress > 0)
}

/** A print of the job can begin or go on. */
export function isUsable({ phase }: Job): boolean {
  return phase.kind === 'waiting' || phase.kind === 'printing'
}

/** Why nothing more comes of a job, for the person at the printer. */
export function whyEnded(ending: Ending): string {
  return (ending.kind === 'outcome' && ending.outcome.error) || 'This print job has ended.'
}
