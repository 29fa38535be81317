import type { ClaimedJob, PrintStats } from '../../../schema/http/print-jobs.ts'
import { type Changes, createChanges } from '../../changes.ts'
import type { KeyGrant } from '../../marketplace/client.ts'
import { joinLines, plainText } from '../../plain-text.ts'
import type { OpenGcode } from '../gcode/open.ts'
import type { Seen } from './outcome.ts'
import type { JobRecord } from './record.ts'

export interface Outcome {
  status: 'success' | 'failure'
  error?: string
  stats?: PrintStats
}

/** How a job ends here: with an outcome to report, or because the marketplace has no more use for it. */
export type Ending = { kind: 'outcome'; outcome: Outcome } | { kind: 'dropped'; why: string }

/** A job in hand. The fields change while it goes its way; `changes` rings whenever one of them does. */
export interface Job {
  readonly id: string
  readonly purchaseId: string
  /** As it is on the disk. */
  record: JobRecord
  /** Resolves when the steps so far are on the disk, or were refused by it. */
  noted: Promise<void>
  readonly changes: Changes
  /** Whether this run of the edge holds the job at the marketplace; after a restart it has to claim it again. */
  isHeld: boolean
  /** The latest grant, and until when (milliseconds of performance.now()) it is worth trying. */
  grant: { grant: Pick<KeyGrant, 'cws_token' | 'cws_url'>; until: number } | null
  /** The checked container and its key. */
  gcode: OpenGcode | null
  /** Why it does not go on just now, for people to read. */
  problem: string | null
  /** Until when (of performance.now()) the edge is to start the print; see want-start.ts. Null: nobody wants that. */
  startUntil: number | null
  /** The lines are about to be needed: the key may be asked for. */
  isOpenWanted: boolean
  /** The marketplace wants it cancelled, or someone at the printer. */
  isCancelWanted: boolean
  /** The marketplace wants it paused; not known after a restart until it answers, so the last wish that was acted on. */
  isPauseWanted: boolean
  isStreaming: boolean
  /** The byte up to which lines were handed to the extra. */
  delivered: number
  /** Whether this run of the edge has seen the print from its first byte on. */
  isSeenWhole: boolean
  /** The print while this run of the edge saw it run; null when it has not. */
  seen: Seen | null
  /** The extra has said goodbye: this print is over, whatever comes next is another. */
  isClosed: boolean
  /** The byte up to which Klipper had run the lines when the extra said goodbye. */
  closedAt: number
  ending: Ending | null
}

/** A grant lives for 5 minutes; it is not used in the last of them. */
const grantMs = 4 * 60_000

export function jobFromRecord(record: JobRecord): Job {
  return {
    id: record.claim.print_job_id,
    purchaseId: record.claim.purchase_id,
    record,
    noted: Promise.resolve(),
    changes: createChanges(),
    isHeld: false,
    grant: null,
    gcode: null,
    problem: null,
    startUntil: null,
    isOpenWanted: false,
    isCancelWanted: false,
    isPauseWanted: record.pause !== 'none',
    isStreaming: false,
    delivered: 0,
    isSeenWhole: false,
    seen: null,
    isClosed: false,
    closedAt: 0,
    ending: null,
  }
}

export function recordFromClaim(claim: ClaimedJob): JobRecord {
  const { cws_token: _grant, status: _status, cancel_requested: _cancel, pause_requested: _pause, ...kept } = claim
  return {
    claim: kept,
    isOrdered: false,
    isSpooled: false,
    stub: null,
    isStartAsked: false,
    printed_by: null,
    print: null,
    pause: 'none',
    closed_at: 0,
    printed_to: 0,
    progress: 0,
    figures: {},
  }
}

/** Takes over what a claim of this job has just answered. */
export function hold(job: Job, claim: ClaimedJob): void {
  change(job, {
    isHeld: true,
    problem: null,
    isCancelWanted: job.isCancelWanted || claim.cancel_requested,
    isPauseWanted: claim.pause_requested,
    grant: { grant: { cws_token: claim.cws_token, cws_url: claim.cws_url }, until: performance.now() + grantMs },
  })
}

export function change(job: Job, fields: Partial<Job>): void {
  Object.assign(job, fields)
  job.changes.emit()
}

/** Ends a job; the first ending stands. */
export function end(job: Job, ending: Ending): void {
  if (!job.ending) change(job, { ending })
}

/** Why nothing more comes of a job, for the person at the printer. */
export function whyEnded(ending: Ending): string {
  return (ending.kind === 'outcome' && ending.outcome.error) || 'This print job has ended.'
}

/** A failure in words that may come from anywhere: as plain text, and no longer than a report may have. */
export function failure(reason: string, error: string, stats: PrintStats = {}): Outcome {
  return { status: 'failure', error: plainText(joinLines(error)), stats: { ...stats, reason } }
}

export function fail(job: Job, reason: string, error: string): void {
  end(job, { kind: 'outcome', outcome: failure(reason, error) })
}
