/** Runs the plan in a simulated world, as run.ts and perform.ts do in the edge. */
import type { Action } from '../../../edge/print/job/action.ts'
import { observe } from '../../../edge/print/job/events.ts'
import { plan } from '../../../edge/print/job/plan.ts'
import { isRunning, type Job } from '../../../edge/print/job/state.ts'
import { printerNow, save, send, type World } from './plan-model.ts'
import { askForLines, connectAgain, endPrint, restartKlippy, runLines, showEnd } from './plan-printer.ts'
import { claim, gcode, printedBy, settings, stub } from './plan-world.ts'

const laneOf = ({ kind }: Action) => (kind === 'save-pause' || kind === 'resume' ? 'pause' : kind)

/** One turn of the loop: applies an end at once, stops actions that are no longer planned, and starts new ones. */
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
  if (job?.isCancelWanted || world.isCancelAnswered) world.startsAfterCancel++
  send(world, { kind: 'start-sent', at: world.now })
}

/** Completes one of the running actions, or fails it. */
export function finish(world: World, which: number, succeeds = true): void {
  const action = world.underWay[which % Math.max(1, world.underWay.length)]
  if (!action || !world.job) return
  world.underWay = world.underWay.filter(one => one !== action)
  if (succeeds) complete(world, action, world.job)
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
    case 'save-start':
      save(world, { isStartAsked: true })
      break
    case 'start':
      if (klipper.isUp && klipper.state !== 'printing' && klipper.state !== 'paused') {
        Object.assign(klipper, { state: 'printing', isStubOpen: true, position: 0, total: 0 })
      }
      send(world, klipper.isUp ? { kind: 'start-answered', at: now } : { kind: 'start-failed' })
      break
    case 'progress':
      if (isRunning(job)) save(world, { progress: Math.max(job.record.progress, action.progress) })
      send(world, { kind: 'progress-sent', at: now, isRunning: action.isRunning, activity: action.activity, answer })
      if (!market.isLive && !job.record.print)
        send(world, { kind: 'ended', ending: { kind: 'dropped', why: 'expired' } })
      return
    case 'drain-queue':
      if (klipper.isUp) send(world, { kind: 'queue-empty' })
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
    case 'save-pause':
      save(world, { pause: action.pause })
      break
    case 'save-printed':
      save(world, { printed_to: action.printed_to })
      break
    case 'save-closed':
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
    case 'clean-up':
      world.disk.record = null
      world.job = null
      return
  }
}

/** Completes all running actions and lets the printer run for a moment. */
export function advance(world: World, bytes: number): void {
  for (let count = world.underWay.length; count > 0; count--) finish(world, 0)
  turn(world)
  showEnd(world)
  askForLines(world)
  connectAgain(world)
  runLines(world, bytes)
  world.now += 100
}

/**
 * Runs without further disturbances until the job is cleaned up, with Klipper up or down throughout. Returns false when the job
 * is never cleaned up.
 */
export function runToItsEnd(world: World, isKlipperUp = true): boolean {
  const { klipper } = world
  if (klipper.isUp !== isKlipperUp) restartKlippy(world)
  world.market.isPauseWanted = false
  for (let turns = 0; turns < 1000 && world.job; turns++) {
    turn(world)
    advance(world, 200)
    if (klipper.state === 'paused' && world.job?.record.pause !== 'done') klipper.state = 'printing'
  }
  return world.job === null
}
