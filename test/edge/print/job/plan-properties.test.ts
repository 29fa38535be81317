import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { advance, finish, runToItsEnd, turn } from '../../../make/edge/plan-follow.ts'
import { crash, newWorld, save, type World } from '../../../make/edge/plan-model.ts'
import {
  askForLines,
  connectAgain,
  endPrint,
  restartKlippy,
  runLines,
  sayGoodbye,
  showEnd,
} from '../../../make/edge/plan-printer.ts'
import { printedBy } from '../../../make/edge/plan-world.ts'

const test = suite('a print job after random events')

type Step =
  | { kind: 'finish'; which: number; isWell: boolean }
  | { kind: 'lines'; bytes: number }
  | { kind: 'time'; ms: number }
  /** All that is under way is done, and the printer goes on. */
  | { kind: 'calm' }
  | { kind: 'other'; what: keyof typeof others }

const others = {
  askForLines,
  connectAgain,
  restartKlippy,
  crash,
  'the marketplace cancels': (world: World) => {
    world.market.isCancelled = true
  },
  'people cancel by cancel_job': (world: World) => {
    if (!world.job || world.job.phase.kind === 'ended') return
    save(world, { is_cancel_wanted: true })
    world.isCancelAnswered = true
  },
  'the marketplace ends it': (world: World) => {
    world.market.isLive = false
  },
  'the marketplace pauses or resumes': (world: World) => {
    world.market.isPauseWanted = !world.market.isPauseWanted
  },
  'people pause or resume': ({ klipper }: World) => {
    if (klipper.ending) return
    if (klipper.state === 'printing') klipper.state = 'paused'
    else if (klipper.state === 'paused') klipper.state = 'printing'
  },
  'people cancel': (world: World) => endPrint(world, 'cancelled'),
  'a line fails': (world: World) => endPrint(world, 'error'),
  'the goodbye of a cancel': (world: World) => sayGoodbye(world, 'cancelled'),
  'the goodbye of an error': (world: World) => sayGoodbye(world, 'error'),
  showEnd,
}

const going = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ kind: 'calm' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('finish' as const), which: fc.nat(5), isWell: fc.constant(true) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lines' as const), bytes: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(100, 1000, 10_000) }) },
)
const disturbing = fc.oneof(
  fc.record({ kind: fc.constant('finish' as const), which: fc.nat(5), isWell: fc.constant(false) }),
  fc.record({
    kind: fc.constant('other' as const),
    what: fc.constantFrom(...(Object.keys(others) as (keyof typeof others)[])),
  }),
)
const steps = fc.array(fc.oneof({ weight: 8, arbitrary: going }, { weight: 1, arbitrary: disturbing }), {
  maxLength: 50,
  size: 'max',
})

/** The world after these steps; `check` looks at it after each. */
function worldAfter(taken: Step[], check: (world: World) => void = () => {}): World {
  const world = newWorld()
  turn(world)
  for (const step of taken) {
    if (step.kind === 'finish') finish(world, step.which, step.isWell)
    else if (step.kind === 'lines') runLines(world, step.bytes)
    else if (step.kind === 'time') world.now += step.ms
    else if (step.kind === 'calm') advance(world, 100)
    else others[step.what](world)
    turn(world)
    check(world)
  }
  return world
}

/** That all is printed is on the disk once it is. */
function isWrittenDown({ klipper, disk: { record } }: World): boolean {
  return !klipper.hasPrinted || !record || Math.max(record.printed_to, record.closed_at) >= printedBy
}

const outcomeOf = ({ disk }: World) => disk.report?.status ?? 'none'
const runs = { numRuns: process.env.LMNT_PLAN_RUNS ? Number(process.env.LMNT_PLAN_RUNS) : 300 }

test('nothing starts after a cancel', () => {
  fc.assert(
    fc.property(steps, taken => {
      worldAfter(taken, ({ startsAfterCancel }) => assert.is(startsAfterCancel, 0))
    }),
    runs,
  )
})

test('a job always ends, with at most one report; with none only when the marketplace has ended it', () => {
  fc.assert(
    fc.property(steps, taken => {
      const world = worldAfter(taken)
      assert.ok(runToItsEnd(world), 'it comes to its end')
      assert.ok(world.reports <= 1)
      if (world.market.isLive) assert.is(world.reports, 1)
    }),
    runs,
  )
})

test('a job ends after a cancel, also when Klipper never comes back', () => {
  fc.assert(
    fc.property(steps, taken => {
      const world = worldAfter(taken)
      world.market.isCancelled = true
      assert.ok(runToItsEnd(world, false), 'it comes to its end')
      assert.ok(world.reports <= 1)
      if (world.market.isLive) assert.is(world.reports, 1)
    }),
    runs,
  )
})

test('a right is never used by a job whose print was not seen to end well', () => {
  fc.assert(
    fc.property(steps, taken => {
      const world = worldAfter(taken)
      runToItsEnd(world)
      if (outcomeOf(world) === 'success') assert.ok(world.klipper.hasPrinted, 'every line that prints has run')
    }),
    runs,
  )
})

test('a crash and a restart lead to the same end from every state', () => {
  fc.assert(
    fc.property(steps, taken => {
      const undisturbed = worldAfter(taken)
      const crashed = worldAfter(taken)
      const { job, market, hasStubEnded, isCancelAnswered } = undisturbed
      // A crash may lose what was seen a moment ago and is not written down yet.
      fc.pre(isWrittenDown(undisturbed))
      // After a stub that ended before its lines, an edge that does not know of it starts it once more.
      fc.pre(!hasStubEnded)
      // What the marketplace has decided and the job has not heard, it hears sooner after a restart: that may make a difference.
      const isCancelled = market.isCancelled || isCancelAnswered
      fc.pre(market.isLive && (!job || job.phase.kind === 'ended' || job.isCancelWanted === isCancelled))
      crash(crashed)
      runToItsEnd(undisturbed)
      runToItsEnd(crashed)
      assert.is(outcomeOf(crashed), outcomeOf(undisturbed))
    }),
    runs,
  )
})

test('the steps reach every phase and both outcomes', () => {
  const phases = new Set<string>()
  const outcomes = new Set<string>()
  for (const taken of fc.sample(steps, { numRuns: 1000, seed: 1 })) {
    const world = worldAfter(taken, ({ job }) => phases.add(job?.phase.kind ?? 'put away'))
    outcomes.add(outcomeOf(world))
  }
  assert.equal([...phases].sort(), ['closing', 'ended', 'printing', 'put away', 'waiting'])
  assert.equal([...outcomes].sort(), ['failure', 'none', 'success'])
})

test.run()
