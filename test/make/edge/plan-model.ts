/**
 * A world in which the plan is followed without an edge: a disk, a marketplace, Klipper and Moonraker's history as far as a job
 * meets them. Every action takes a moment in which anything else may happen, and a crash leaves only the disk.
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
  /** How often a report was put into the outbox. */
  reports: number
  /** How often Klipper was sent a start, and how often after the job was cancelled. */
  starts: number
  startsAfterCancel: number
  /** cancel_job was answered: the job must be cancelled, whatever happens after that. */
  isCancelAnswered: boolean
  market: { isLive: boolean; isCancelled: boolean; isPauseWanted: boolean }
  klipper: {
    state: State
    /** The extra has said goodbye, and Klipper shows this in a moment. */
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
    job: startedAgain(record),
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

/** As app.ts and run.ts take up what the disk has: a job whose report is in the outbox is only put away. */
function startedAgain(record: JobRecord): Job {
  return apply(jobFromRecord(record, boot), { kind: 'start-asked', until: Number.POSITIVE_INFINITY })
}

export function crash(world: World): void {
  world.underWay = []
  if (world.disk.report) world.disk.record = null
  world.job = world.disk.record && startedAgain(world.disk.record)
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
