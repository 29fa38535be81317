/**
 * A world in which the plan is followed without an edge: a disk, a marketplace, Klipper and Moonraker's history as far as a job
 * meets them. Every action takes a moment in which anything else may happen, and a crash leaves only the disk.
 */
import type { Action } from '../../../edge/print/job/action.ts'
import { apply, type JobEvent, observe } from '../../../edge/print/job/events.ts'
import type { Outcome } from '../../../edge/print/job/outcome.ts'
import { plan } from '../../../edge/print/job/plan.ts'
import type { JobRecord } from '../../../edge/print/job/record.ts'
import { isRunning, type Job, jobFromRecord, recordFromClaim } from '../../../edge/print/job/state.ts'
import { boot, claim, gcode, printedBy, printerOf, settings, size, stub } from './plan-world.ts'

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

function printerNow({ klipper }: World) {
  const { state, position, total, isUp } = klipper
  if (!isUp) return printerOf({ klippy: 'startup' })
  return printerOf({ state, position, total })
}

function send(world: World, event: JobEvent): void {
  if (world.job) world.job = apply(world.job, event)
}

function save(world: World, fields: Partial<JobRecord>, isSeenWhole = false): void {
  if (!world.job || !world.disk.record || world.job.phase.kind === 'ended') return
  world.disk.record = { ...world.job.record, ...fields }
  send(world, { kind: 'recorded', fields, isSeenWhole })
}

const laneOf = ({ kind }: Action) => (kind === 'note-pause' || kind === 'resume' ? 'pause' : kind)

/** One turn of the loop: an end is taken at once; what is not planned any more is given up, what is new is begun. */
export function turn(world: World): void {
  for (;;) {
    if (!world.job) return
    const printer = printerNow(world)
    world.job = observe(world.job, printer, world.now)
    const actions = plan(world.job, printer, world.now, settings).filter(action => action.kind !== 'wait')
    const end = actions.find(action => action.kind === 'end')
    if (end?.kind === 'end') {
      send(world, { kind: 'ended', ending: end.ending })
      continue
    }
    const planned = new Set(actions.map(laneOf))
    world.underWay = world.underWay.filter(action => planned.has(laneOf(action)))
    for (const action of actions) {
      if (world.underWay.some(one => laneOf(one) === laneOf(action))) continue
      world.underWay.push(action)
      begin(world, action)
    }
    return
  }
}

function begin(world: World, action: Action): void {
  if (action.kind !== 'start') return
  const { job } = world
  if (job?.phase.kind === 'waiting' && job.phase.start.kind === 'sent') return
  world.starts++
  if (job?.isCancelWanted) world.startsAfterCancel++
  send(world, { kind: 'start-sent', at: world.now })
}

/** One of the actions under way is done, well or not. */
export function finish(world: World, which: number, isWell = true): void {
  const action = world.underWay[which % Math.max(1, world.underWay.length)]
  if (!action || !world.job) return
  world.underWay = world.underWay.filter(one => one !== action)
  if (isWell) complete(world, action, world.job)
  else if (action.kind === 'start') send(world, { kind: 'start-failed' })
}

function complete(world: World, action: Action, job: Job): void {
  const { market, klipper, now } = world
  const answer = { cancel_requested: market.isCancelled, pause_requested: market.isPauseWanted }
  switch (action.kind) {
    case 'claim':
      if (market.isLive) send(world, { kind: 'claimed', claim: { ...claim, ...answer }, at: now })
      else send(world, { kind: 'given-up', at: now })
      break
    case 'stub':
      save(world, { stub })
      send(world, { kind: 'stub-written' })
      break
    case 'spool':
      save(world, { isSpooled: true })
      break
    case 'open':
      send(world, { kind: 'opened', gcode })
      save(world, { printed_by: printedBy })
      break
    case 'read-stub':
      send(world, { kind: 'stub-read' })
      break
    case 'note-start':
      save(world, { isStartAsked: true })
      break
    case 'start':
      if (klipper.isUp && klipper.state !== 'printing' && klipper.state !== 'paused') {
        Object.assign(klipper, { state: 'printing', isStubOpen: true, position: 0, total: 0 })
      }
      send(world, { kind: 'start-answered', at: now })
      break
    case 'progress':
      if (isRunning(job)) save(world, { progress: Math.max(job.record.progress, action.progress) })
      send(world, { kind: 'progress-sent', at: now, isRunning: action.isRunning, answer })
      if (!market.isLive && !job.record.print)
        send(world, { kind: 'ended', ending: { kind: 'dropped', why: 'expired' } })
      return
    case 'drain-queue':
      send(world, { kind: 'queue-empty' })
      break
    case 'cancel':
      endPrint(world, 'cancelled')
      break
    case 'pause':
      if (klipper.state === 'printing' && !klipper.ending) klipper.state = 'paused'
      save(world, { pause: 'done' })
      break
    case 'resume':
      if (klipper.state === 'paused') klipper.state = 'printing'
      save(world, { pause: 'none' })
      break
    case 'note-pause':
      save(world, { pause: action.pause })
      break
    case 'note-printed':
      save(world, { printed_to: action.printed_to })
      break
    case 'note-closed':
      save(world, { closed_at: action.closed_at })
      break
    case 'find-history-id':
      send(world, { kind: 'history-asked', at: now })
      if (klipper.state === 'printing') save(world, { print: { ...action.print, history_id: 'A' } })
      break
    case 'inquire': {
      const entry = world.history && { status: world.history.status, stats: {} }
      send(world, { kind: 'inquired', at: now, isAnswered: klipper.isUp, entry })
      break
    }
    case 'report':
      world.reports++
      world.disk.report = action.outcome
      send(world, { kind: 'reported' })
      break
    case 'put-away':
      world.disk.record = null
      world.job = null
      return
  }
}

/** The stub asks for its lines: the print is the job's, or is refused. */
export function askForLines(world: World): void {
  const { klipper, job } = world
  if (!klipper.isStubOpen || klipper.state !== 'printing') return
  if (!job || job.phase.kind === 'ended' || (job.isCancelWanted && !job.record.print)) {
    endPrint(world, 'error')
    return
  }
  if (job.record.print) send(world, { kind: 'stream-asked' })
  else {
    save(world, { print: { filename: stub, history_id: null, history_after: '9', boot } }, true)
  }
  if (!world.job?.isStreaming) send(world, { kind: 'stream-opened' })
  klipper.isStubOpen = false
}

/** Lines run, as many as were handed over; at the end of them the print is complete. */
export function runLines(world: World, bytes: number): void {
  const { klipper, job } = world
  if (klipper.state !== 'printing' || klipper.isStubOpen || !klipper.isUp || klipper.ending) return
  if (!job?.gcode || !job.isStreaming) return
  send(world, { kind: 'lines-sent', to: Math.min(size, klipper.position + bytes) })
  klipper.position = Math.min(size, klipper.position + bytes)
  klipper.total += 10
  if (klipper.position >= printedBy) klipper.hasPrinted = true
  if (klipper.position === size) endPrint(world, 'complete')
}

/** The extra connects again, after the edge was started again. */
export function connectAgain(world: World): void {
  const { job, klipper } = world
  if (!job?.record.print || job.isStreaming || job.phase.kind !== 'printing' || klipper.ending) return
  if (klipper.state !== 'printing' && klipper.state !== 'paused') return
  send(world, { kind: 'stream-opened' })
  send(world, { kind: 'stream-asked' })
}

export function endPrint(world: World, state: 'complete' | 'cancelled' | 'error'): void {
  sayGoodbye(world, state)
  showEnd(world)
}

/** The extra's goodbye, which may come before Klipper's word that the print is over. */
export function sayGoodbye(world: World, ending: 'complete' | 'cancelled' | 'error'): void {
  const { klipper, job } = world
  if (klipper.ending || (klipper.state !== 'printing' && klipper.state !== 'paused')) return
  klipper.ending = ending
  world.hasStubEnded ||= klipper.isStubOpen
  if (!klipper.isStubOpen && job?.isStreaming) send(world, { kind: 'goodbye', position: klipper.position })
  send(world, { kind: 'stream-gone' })
}

export function showEnd(world: World): void {
  const { klipper } = world
  const { ending: state } = klipper
  if (!state) return
  const position = klipper.isStubOpen || state === 'cancelled' ? 0 : klipper.position
  world.history = { status: state === 'complete' ? 'completed' : state }
  Object.assign(klipper, { state, ending: null, isStubOpen: false, position })
}

/** Klippy stops: the print is over, and Klippy forgets it. */
export function restartKlippy(world: World): void {
  const { klipper } = world
  if (klipper.state === 'printing' || klipper.state === 'paused') {
    world.hasStubEnded ||= klipper.isStubOpen
    world.history = { status: 'klippy_shutdown' }
    send(world, { kind: 'stream-gone' })
  }
  Object.assign(klipper, {
    state: 'standby',
    ending: null,
    isStubOpen: false,
    position: 0,
    total: 0,
    isUp: !klipper.isUp,
  })
}

/** All that is under way is done, and the printer goes on for a moment. */
export function goOn(world: World, bytes: number): void {
  for (let count = world.underWay.length; count > 0; count--) finish(world, 0)
  turn(world)
  showEnd(world)
  askForLines(world)
  connectAgain(world)
  runLines(world, bytes)
  world.now += 100
}

/** From here on nothing disturbs the job, and time goes on until it is put away. False: it never is. */
export function runToItsEnd(world: World): boolean {
  const { klipper } = world
  klipper.isUp = true
  world.market.isPauseWanted = false
  for (let turns = 0; turns < 1000 && world.job; turns++) {
    turn(world)
    goOn(world, 200)
    if (klipper.state === 'paused' && world.job?.record.pause !== 'done') klipper.state = 'printing'
  }
  return world.job === null
}
