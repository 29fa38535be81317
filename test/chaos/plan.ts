import type { Overrides } from '../../schema/http/overrides.ts'
import { longMs, type PlannedFault, planFaults, planRenewalFaults, type Timed } from './fault-plan.ts'
import { createRandom, type Random } from './random.ts'

/** One step of a person's plan. Steps are done in order; an impossible step is skipped. */
export type Step =
  /** `model` is the index of a permanent model, or `newest`: the one that was published last. */
  | { do: 'buy'; model: number | 'newest'; currency: 'hbar' | 'print' }
  /** Prepares the newest purchase. `waits`: until that has ended. */
  | {
      do: 'prepare'
      currency: 'hbar' | 'print'
      printImmediately: boolean
      waits: boolean
      overrides: Overrides
    }
  /** Requests `count` prints of the newest purchase at the same moment. `waits`: until all have ended. */
  | { do: 'print'; count: number; waits: boolean }
  | { do: 'cancel' }
  /** Starts the newest purchase's stub from the printer's file list, and answers the printer's question with yes. */
  | { do: 'start-stub' }
  /** Waits until the G-code of the newest purchase has expired: the next print renews it. */
  | { do: 'outlast-slice' }
  /** Removes the printer with force, also while it prints. */
  | { do: 'remove-printer' }
  /** Registers the printer again, at the printer. Slices for its previous registration become useless. */
  | { do: 'register-printer' }
  | { do: 'pause'; ms: number }

/** Acts of the designer and the operator. The operator's command is killed after `killAfterMs`, then repeated. */
export type BackgroundAct =
  | { do: 'publish' }
  | { do: 'refund'; person: number; killAfterMs: number | null }
  | { do: 'replay'; killAfterMs: number | null }

export interface Person {
  /** The number of models that their money buys, in either currency. */
  funds: number
  steps: Step[]
}

export interface Plan {
  seed: number
  people: Person[]
  background: Timed<{ act: BackgroundAct }>[]
  /** Lines a second of the printers; 0 is as fast as they can. */
  linesPerSecond: number
  faults: PlannedFault[]
}

/** The models' terms refuse the last ones. */
const overrides: readonly Overrides[] = [
  ...[{}, {}, {}, { infill_percent: 40 }, { brim: 3 }],
  { orientation: 'x90' },
  { supports: 'normal', infill_percent: 5 },
  { scale_percent: 90 },
]

/** Draws the plan of a run from its seed: the people's steps and the faults. */
export function makePlan(seed: number, people: number): Plan {
  const random = createRandom(seed)
  const planned = Array.from({ length: people }, () => makePerson(random))
  const hasRenewals = planned.some(({ steps }) => steps.some(step => step.do === 'outlast-slice'))
  return {
    seed,
    people: planned,
    background: planBackground(random, people),
    linesPerSecond: random.pick([600, 2000, 0]),
    faults: inOrder([
      ...planFaults(random, random.between(4, 9), 'start'),
      ...(hasRenewals ? planRenewalFaults(random) : []),
    ]),
  }
}

function inOrder<T extends Timed<unknown>>(all: T[]): T[] {
  return all.sort((a, b) => a.atMs - b.atMs)
}

function planBackground(random: Random, people: number): Plan['background'] {
  const background: BackgroundAct[] = []
  const killAfterMs = () => (random.chance(0.5) ? random.between(300, 2500) : null)
  if (random.chance(0.4)) background.push({ do: 'publish' })
  if (random.chance(0.3)) {
    background.push({ do: 'refund', person: random.between(0, people - 1), killAfterMs: killAfterMs() })
  }
  if (random.chance(0.1)) background.push({ do: 'replay', killAfterMs: killAfterMs() })
  return inOrder(background.map(act => ({ atMs: random.between(0, longMs), act })))
}

function makePerson(random: Random): Person {
  const currency = random.pick(['hbar', 'hbar', 'print'] as const)
  const prepare = (waits = true): Step => ({
    do: 'prepare',
    currency,
    printImmediately: waits && random.chance(0.3),
    waits,
    overrides: random.pick(overrides),
  })
  const steps = random.chance(0.2) ? outlastSlice(random, prepare()) : buyAndPrint(random, prepare)
  if (random.chance(0.08)) steps.push({ do: 'remove-printer' })
  return { funds: random.between(1, 3), steps }
}

function buyAndPrint(random: Random, prepare: (waits?: boolean) => Step): Step[] {
  const buy = (): Step => ({
    do: 'buy',
    model: random.pick([0, 0, 1, 1, 'newest']),
    currency: random.pick(['hbar', 'hbar', 'print']),
  })
  const steps: Step[] = [buy()]
  if (random.chance(0.3)) steps.push(buy())
  const sliced = prepare()
  steps.push(sliced)
  if (random.chance(0.2)) steps.push({ do: 'register-printer' }, sliced)
  for (let round = random.between(1, 2); round > 0; round--) {
    steps.push({ do: 'print', count: random.between(1, 3), waits: random.chance(0.6) })
    if (random.chance(0.25)) steps.push({ do: 'cancel' })
    if (random.chance(0.3)) steps.push({ do: 'pause', ms: random.between(50, 800) })
  }
  if (random.chance(0.2)) steps.push({ do: 'start-stub' })
  if (random.chance(0.15)) steps.push(prepare(false))
  return steps
}

/** Prints a slice that has expired, mostly from the file list: that renews it. Model 0 has rights for several prints. */
function outlastSlice(random: Random, prepare: Step): Step[] {
  const print: Step = random.chance(0.7) ? { do: 'start-stub' } : { do: 'print', count: 2, waits: true }
  return [{ do: 'buy', model: 0, currency: 'hbar' }, prepare, { do: 'outlast-slice' }, print]
}
