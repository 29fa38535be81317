import type { ClaimedJob } from '../../../schema/http/print-jobs.ts'
import { isIdle, isPrinting, type PrinterState } from '../../moonraker/printer-state.ts'
import type { OpenGcode } from '../gcode/open.ts'
import { conclude, failure, type HistoryEnd, isOurs, judge, type Outcome, reportedStats } from './outcome.ts'
import type { JobRecord } from './record.ts'
import {
  type Activity,
  type Closing,
  type Ending,
  factsOf,
  type Job,
  type Printing,
  printing,
  type Waiting,
} from './state.ts'

/** An event of a job. */
export type JobEvent =
  | { kind: 'claimed'; claim: ClaimedJob; at: number }
  /** The marketplace answered a claim with another job, or with none. */
  | { kind: 'given-up'; at: number }
  /** Another run of the edge holds it. */
  | { kind: 'lease-lost' }
  | { kind: 'progress-sent'; at: number; isRunning: boolean; activity: Activity | null; answer: ProgressAnswer | null }
  | { kind: 'cancel-asked' }
  | { kind: 'start-asked'; until: number }
  | { kind: 'start-declined'; nonce: string }
  | { kind: 'withdrawn' }
  | { kind: 'stub-written' }
  | { kind: 'stub-read' }
  | { kind: 'spool-wrong' }
  | { kind: 'start-sent'; at: number }
  | { kind: 'start-answered'; at: number }
  | { kind: 'start-failed' }
  | { kind: 'queue-empty' }
  | { kind: 'opened'; gcode: OpenGcode }
  | { kind: 'grant-used' }
  | { kind: 'stream-opened' }
  | { kind: 'stream-gone' }
  | { kind: 'stream-asked' }
  | { kind: 'lines-sent'; to: number }
  | { kind: 'goodbye'; position: number }
  | { kind: 'history-asked'; at: number }
  | { kind: 'inquired'; at: number; isAnswered: boolean; entry: HistoryEnd | null }
  /** These fields are on the disk now. `isSeenFromStart` is set with `print`. */
  | { kind: 'recorded'; fields: Partial<JobRecord>; isSeenFromStart?: boolean }
  | { kind: 'problem'; text: string | null }
  | { kind: 'ended'; ending: Ending }
  | { kind: 'reported' }

export interface ProgressAnswer {
  cancel_requested: boolean
  pause_requested: boolean
}

/** A grant is valid for 5 minutes; the last of them is not used. */
const grantMs = 4 * 60_000
/** How often a spool with a wrong hash is fetched before the job fails. */
const hashTries = 3

const endedThere = 'The marketplace has ended this print job. The edge is asking the printer how the print ended.'

/** The job after an event. An event after the job's end does not change its outcome. */
export function apply(job: Job, event: JobEvent): Job {
  if (job.phase.kind === 'ended') return applyToEnded(job, event)
  const { phase } = job
  switch (event.kind) {
    case 'claimed': {
      const { claim, at } = event
      const grant = { cws_token: claim.cws_token, cws_url: claim.cws_url, until: at + grantMs }
      const isCancelWanted = job.isCancelWanted || claim.cancel_requested
      return { ...job, isHeld: true, problem: null, isCancelWanted, isPauseWanted: claim.pause_requested, grant }
    }
    case 'given-up':
      return { ...job, givenUpAt: event.at, problem: job.record.print && !job.gcode ? endedThere : job.problem }
    case 'lease-lost':
      return { ...job, isHeld: false }
    case 'progress-sent': {
      const { at, isRunning, activity, answer } = event
      const next = { ...job, lastProgress: { at, isRunning, activity } }
      if (!answer) return next
      const isCancelWanted = job.isCancelWanted || answer.cancel_requested
      return { ...next, isCancelWanted, isPauseWanted: answer.pause_requested }
    }
    case 'cancel-asked':
      return { ...job, isCancelWanted: true }
    case 'withdrawn':
      return { ...job, declined: null }
    case 'stub-written':
      return { ...job, isStubWritten: true }
    case 'spool-wrong': {
      const wrongSpools = job.wrongSpools + 1
      if (wrongSpools < hashTries) return { ...job, wrongSpools }
      const text = 'The sealed G-code is not the file that the marketplace announced.'
      return end(job, { kind: 'outcome', outcome: failure('gcode_corrupt', text) })
    }
    case 'opened':
      return { ...job, gcode: event.gcode }
    case 'grant-used':
      return { ...job, grant: null }
    case 'stream-opened':
      return { ...job, isStreaming: true }
    case 'stream-gone':
      return { ...job, isStreaming: false }
    case 'recorded':
      return applyRecord(job, event.fields, event.isSeenFromStart ?? false)
    case 'problem':
      return { ...job, problem: event.text }
    case 'ended':
      return end(job, event.ending)
  }
  if (phase.kind === 'waiting') return applyToWaiting(job, phase, event)
  return applyToPrint(job, phase, event)
}

type WaitingEvent = Exclude<JobEvent, { kind: 'problem' }>

function applyToWaiting(job: Job, phase: Waiting, event: WaitingEvent): Job {
  const move = (fields: Partial<typeof phase>) => ({ ...job, phase: { ...phase, ...fields } })
  switch (event.kind) {
    case 'start-asked':
      return move({ startUntil: Math.max(phase.startUntil ?? 0, event.until) })
    case 'start-declined':
      return { ...move({ isDeclined: true }), declined: event.nonce }
    case 'stub-read':
      return move({ isStubRead: true })
    case 'start-sent':
      return move({ start: { kind: 'sent', sentAt: event.at }, isQueueEmpty: false })
    case 'start-answered':
      return phase.start.kind === 'sent' ? move({ start: { ...phase.start, kind: 'answered', at: event.at } }) : job
    case 'start-failed':
      // Somebody may have deleted the stub: write it again.
      return { ...move({ start: { kind: 'none' }, isStubRead: false }), isStubWritten: false }
    case 'queue-empty':
      return move({ isQueueEmpty: true })
    default:
      return job
  }
}

function applyToPrint(job: Job, phase: Printing | Closing, event: WaitingEvent): Job {
  const move = (fields: Partial<typeof phase>): Job => ({ ...job, phase: { ...phase, ...fields } as typeof phase })
  switch (event.kind) {
    case 'stream-asked':
      return move({ isStreamAsked: true })
    case 'lines-sent':
      return move({ delivered: Math.max(phase.delivered, event.to) })
    case 'goodbye':
      return { ...job, phase: closing(phase, event.position) }
    case 'history-asked':
      return move({ historyAskedAt: event.at })
    case 'inquired': {
      const { at, isAnswered, entry } = event
      return phase.doubt ? move({ doubt: { ...phase.doubt, inquiry: { at, isAnswered, entry } } }) : job
    }
    default:
      return job
  }
}

/** An earlier inquiry no longer counts: it is from before the goodbye. */
function closing(phase: Printing | Closing, position: number): Closing {
  const doubt = phase.doubt && { ...phase.doubt, inquiry: null }
  return { ...phase, kind: 'closing', closedAt: Math.max(0, Math.floor(position)), doubt }
}

function applyRecord(job: Job, fields: Partial<JobRecord>, isSeenFromStart: boolean): Job {
  const record = { ...job.record, ...fields }
  const next = { ...job, record, isCancelWanted: job.isCancelWanted || record.is_cancel_wanted }
  if (job.phase.kind !== 'waiting' || !next.record.print) return next
  return { ...next, phase: { ...printing(isSeenFromStart), isStreamAsked: true } }
}

/** The first ending counts. Its outcome and figures are completed now, because the edge learns nothing more about the print. */
function end(job: Job, ending: Ending): Job {
  const facts = factsOf(job)
  const complete = (outcome: Outcome) => {
    const concluded = job.phase.kind === 'waiting' ? outcome : conclude(facts, outcome)
    return { ...concluded, stats: reportedStats(facts, concluded.stats) }
  }
  const final: Ending = ending.kind === 'outcome' ? { kind: 'outcome', outcome: complete(ending.outcome) } : ending
  const isQueueEmpty = job.phase.kind !== 'waiting' || job.phase.isQueueEmpty || !job.record.isStartAsked
  return { ...job, phase: { kind: 'ended', ending: final, isQueueEmpty, isReported: false } }
}

function applyToEnded(job: Job, event: JobEvent): Job {
  if (job.phase.kind !== 'ended') return job
  if (event.kind === 'queue-empty') return { ...job, phase: { ...job.phase, isQueueEmpty: true } }
  if (event.kind === 'reported') return { ...job, phase: { ...job.phase, isReported: true } }
  if (event.kind === 'stream-gone') return { ...job, isStreaming: false }
  if (event.kind === 'withdrawn') return { ...job, declined: null }
  return job
}

/** The job after a look at the printer's state: its own print, and actions of people there. */
export function observe(job: Job, printer: PrinterState, now: number): Job {
  const connectedAt = printer.isConnected ? (job.connectedAt ?? now) : null
  const awaySince = isAway(printer) ? (job.awaySince ?? now) : null
  const isSame = connectedAt === job.connectedAt && awaySince === job.awaySince
  const observed = isSame ? job : { ...job, connectedAt, awaySince }
  const { phase } = observed
  if (phase.kind === 'ended') return observed
  return phase.kind === 'waiting'
    ? observeWaiting(observed, phase, printer, now)
    : observePrint(observed, phase, printer, now)
}

function isAway({ isConnected, klippy }: PrinterState): boolean {
  return !isConnected || klippy === 'startup' || klippy === 'disconnected'
}

/** A person's consent is void after its deadline, or after another print at the printer: the bed may not be clear. */
function observeWaiting(job: Job, phase: Waiting, printer: PrinterState, now: number): Job {
  const { startUntil } = phase
  const isFromPerson = startUntil !== null && startUntil !== Number.POSITIVE_INFINITY
  const isVoid = isFromPerson && (now >= startUntil || !isUndisturbed(job, printer))
  const isDeclined = phase.isDeclined && !isPrinting(printer)
  if (!isVoid && isDeclined === phase.isDeclined) return job
  return { ...job, phase: { ...phase, isDeclined, startUntil: isVoid ? null : startUntil } }
}

/** No other print is on the printer. This job's own print may have begun. */
function isUndisturbed(job: Job, printer: PrinterState): boolean {
  return isIdle(printer) || (isPrinting(printer) && isOurs(printer, factsOf(job)))
}

function observePrint(job: Job, phase: Printing | Closing, printer: PrinterState, now: number): Job {
  const verdict = judge(printer, factsOf(job))
  const snapshot = (verdict.kind === 'running' && verdict.snapshot) || phase.snapshot
  const isGoingOn = verdict.kind === 'running' && phase.kind === 'printing'
  // Without Moonraker there is nobody to ask: the search begins when it is back.
  const doubt = isGoingOn || !printer.isConnected ? null : (phase.doubt ?? { since: now, inquiry: null })
  return snapshot === phase.snapshot && doubt === phase.doubt ? job : { ...job, phase: { ...phase, snapshot, doubt } }
}
