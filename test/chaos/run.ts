import { freePrinter } from './at-printer.ts'
import { runBackgroundAct } from './background-actors.ts'
import { drain } from './drain.ts'
import { inject } from './faults.ts'
import { type Broken, checkInvariants } from './invariants.ts'
import { doSteps, settleIn } from './person.ts'
import type { Plan } from './plan.ts'
import type { Population } from './population.ts'
import { startTrace, type Trace } from './trace.ts'
import type { World } from './world.ts'

export interface RunResult {
  faults: number
  /** A summary of the run, since a run in which nothing happens proves nothing. */
  done: string
  broken: Broken[]
  trace: string[]
  seconds: number
}

/** How long people retry while faults are injected. */
const patienceMs = 20_000
const drainMs = 60_000
/** How long the edge may take to end the previous run's print. */
const freeMs = 30_000

/**
 * One run: people register, then follow their plans while faults are injected; then the faults stop, everything is finished, and
 * the invariants are checked. A run that throws has failed, like one that breaks an invariant: seed and trace are printed.
 */
export async function runOnce(world: World, plan: Plan): Promise<RunResult> {
  const begun = performance.now()
  const trace = startTrace(() => performance.now())
  world.trace = trace
  const { done, broken } = await perform(world, plan, trace).catch((error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { done: 'ended by an error', broken: [{ invariant: 'the run comes to its end', rows: [text] }] }
  })
  return { faults: trace.faults(), done, broken, trace: trace.lines(), seconds: (performance.now() - begun) / 1000 }
}

async function perform(world: World, plan: Plan, trace: Trace): Promise<Pick<RunResult, 'done' | 'broken'>> {
  const stamp = `${plan.seed}-${Date.now().toString(36)}`
  for (const printer of world.printers) {
    await printer.call('virtual_printer.set_speed', { lines_per_second: plan.linesPerSecond })
  }
  await Promise.all(world.printers.map((_printer, index) => freePrinter(world, index, performance.now() + freeMs)))
  const people = await Promise.all(
    plan.people.map((planned, index) => settleIn(world, `p${index + 1}-${stamp}`, index, planned)),
  )
  const population: Population = { stamp, people, publications: [], onExpiry: () => {} }
  const firstExpiry = new Promise<boolean>(resolve => {
    population.onExpiry = () => resolve(true)
  })
  const allSteps = Promise.all(
    people.map((person, index) => doSteps(world, population, person, { steps: plan.people[index]!.steps, patienceMs })),
  )
  const expiry = Promise.race([firstExpiry, allSteps.then(() => false)])
  await Promise.all([
    allSteps,
    ...plan.background.map(act => runBackgroundAct(world, population, act, patienceMs)),
    ...plan.faults.map(fault => inject(world, fault, expiry)),
  ])
  trace.note('all is calm')
  const unfinished = await drain(world, drainMs)
  trace.note('all has ended')
  const stuck = Object.entries(unfinished).filter(([, rows]) => rows.length > 0)
  const checked = await checkInvariants(world, population)
  const broken: Broken[] = [
    ...stuck.map(([kind, rows]) => ({ invariant: `nothing is stuck: ${kind}`, rows })),
    ...checked.broken,
  ]
  return { done: checked.done, broken }
}
