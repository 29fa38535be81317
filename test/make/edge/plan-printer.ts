/** Events at the printer of the plan's simulated world, and the extra's messages about them. */
import { save, send, type World } from './plan-model.ts'
import { boot, printedBy, size, stub } from './plan-world.ts'

/** The stub asks for its lines, which are the job's, or is refused. */
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

/** Runs this many bytes of lines; the print is complete after the last one. */
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

/** The extra connects again after a restart of the edge. */
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

/** The extra sends its goodbye, which may arrive before Klipper shows that the print is over. */
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

/** Stops or starts Klippy. A running print ends, and Klippy forgets it. */
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
