/**
 * A simulated world for the plan, without an edge: a disk, a marketplace, Klipper and Moonraker's history, reduced to what concerns
 * a job. Other events may happen while an action runs, and a crash leaves only the disk.
 */
import type { Action } from '../../../edge/print/job/action.ts'
import { apply, type JobEvent } from '../../../edge/print/job/events.ts'
import type { Outcome } from '../../../edge/print/job/outcome.ts'
import type { JobRecord } from '../../../edge/print/job/record.ts'
import { type Job, jobFromRecord, recordFromClaim } from '../../../edge/print/job/state.ts'
import { boot, claim, printerOf } from './plan-world.ts'

type State = 'standby' | 'printing' | 'paused' | 'complete' | 'cancelled' | 'error'

export interface World {
  now: number
  job: Job | null
  disk: { record: JobRecord | null; report: Outcome | null }
  /** Number of reports put into the outbox. */
  reports: number
  /** Number of starts sent to Klipper, and of those after the job was cancelled. */
  starts: number
  startsAfterCancel: number
  /** cancel_job was answered: from then on the job must end as cancelled. */
  isCancelAnswered: boolean
  market: { isLive: boolean; isCancelled: boolean; isPauseWanted: boolean }
  klipper: {
    state: State
    /** The extra has sent its goodbye; Klipper shows this state a moment later. */
    ending: 'complete' | 'cancelled' | 'error' | null
    isStubOpen: boolean
    position: number
    total: number
    isUp: boolean
    hasPrinted: boolean
  }
  history: { status: string } | null
  /** A print of the stub has ended before it asked for its lines. */
  hasStubEnded: boolean
  underWay: Action[]
}

export function newWorld(): World {
  const record = recordFromClaim(claim)
  return {
    now: 1000,
    job: restoredJob(record),
    disk: { record, report: null },
    reports: 0,
    starts: 0,
    startsAfterCancel: 0,
    isCancelAnswered: false,
    market: { isLive: true, isCancelled: false, isPauseWanted: false },
    klipper: {
      state: 'standby',
      ending: null,
      isStubOpen: false,
      position: 0,
      total: 0,
      isUp: true,
      hasPrinted: false,
    },
    history: null,
    hasStubEnded: false,
    underWay: [],
  }
}

/** Restores a job from the disk after a restart, as app.ts and run.ts do. */
function restoredJob(record: JobRecord): Job {
  return apply(jobFromRecord(record, boot), { kind: 'start-asked', until: Number.POSITIVE_INFINITY })
}

export function crash(world: World): void {
  world.underWay = []
  if (world.disk.report) world.disk.record = null
  world.job = world.disk.record && restoredJob(world.disk.record)
}

export function printerNow({ klipper }: World) {
  const { state, position, total, isUp } = klipper
  if (!isUp) return printerOf({ klippy: 'startup' })
  return printerOf({ state, position, total })
}

export function send(world: World, event: JobEvent): void {
  if (world.job) world.job = apply(world.job, event)
}

export function save(world: World, fields: Partial<JobRecord>, isSeenFromStart = false): void {
  if (!world.job || !world.disk.record || world.job.phase.kind === 'ended') return
  world.disk.record = { ...world.job.record, ...fields }
  send(world, { kind: 'recorded', fields, isSeenFromStart })
}
