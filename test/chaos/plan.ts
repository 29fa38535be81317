import type { Overrides } from '../../schema/http/overrides.ts'
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

/** An act or a fault with its time, in milliseconds from the beginning of the run (or see PlannedFault). */
export type Timed<T> = { atMs: number } & T

export type Twist = 'refuse' | 'lose' | 'delay' | 'cut' | 'double'
export type Front = 'bff' | 'cws' | 'slicer'
export type Victim = 'bff' | 'bff-2' | 'cws' | 'slicer' | 'edge' | 'edge-2' | 'postgres'

/** One fault. */
export type Fault =
  | { kind: 'kill'; victim: Victim }
  /** `ms` after the next request to the service whose path holds `path` was handed to an instance: that one, or another. */
  | { kind: 'kill-at-work'; front: Front; path: string; victim: 'instance' | Victim; ms: number }
  /** The next `times` requests to the service whose path holds `path`. */
  | { kind: 'http'; front: Front; twist: Twist; path: string; times: number; ms: number }
  | {
      kind: 'google'
      fault:
        | 'deliveriesToDouble'
        | 'pushAnswersToDrop'
        | 'uploadsToCut'
        | 'downloadsToCut'
        | 'storageRequestsToRefuse'
        | 'copyAnswersToDrop'
      times: number
    }
  | { kind: 'storage-slow'; ms: number; forMs: number }
  /** Deletes or alters the cached slices, behind the back of the marketplace that knows them. */
  | { kind: 'cache'; how: 'vanish' | 'corrupt' }
  /** A message that is not JSON, or that belongs to no preparation. */
  | { kind: 'poison'; topic: 'slicing-jobs' | 'slicing-results'; text: string }
  | { kind: 'ledger'; fault: 'submissionsToRefuse' | 'busyAnswers' | 'answersToLose'; times: number }
  | { kind: 'ledger-slow'; fault: 'answerDelayMs' | 'mirrorLagMs'; ms: number; forMs: number }
  | { kind: 'disk-full'; edge: number; forMs: number }
  | { kind: 'printer'; printer: number; how: 'error' | 'cancel' | 'shutdown' | 'disconnect'; line: number }
  | { kind: 'moonraker'; printer: number }

/** `after` is the moment from which `atMs` counts: the beginning of the run, or the first slice that a person has outlasted. */
export type PlannedFault = Timed<{ fault: Fault; after: 'start' | 'expiry' }>

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

/** All faults begin within this time. */
const longMs = 4500

const victims: readonly Victim[] = ['bff', 'bff-2', 'cws', 'slicer', 'edge', 'edge-2', 'postgres']
const googleFaults = [
  ...(['deliveriesToDouble', 'deliveriesToDouble', 'pushAnswersToDrop', 'pushAnswersToDrop'] as const),
  ...(['uploadsToCut', 'uploadsToCut', 'downloadsToCut'] as const),
  ...(['storageRequestsToRefuse', 'storageRequestsToRefuse', 'copyAnswersToDrop'] as const),
]
/** The models' terms refuse the last ones. */
const overrides: readonly Overrides[] = [
  ...[{}, {}, {}, { infill_percent: 40 }, { brim: 3 }],
  { orientation: 'x90' },
  { supports: 'normal', infill_percent: 5 },
  { scale_percent: 90 },
]
/** The services that may be killed while a service works on a request: usually the caller. */
const callers: readonly Victim[] = ['edge', 'edge-2', 'edge', 'edge-2', 'slicer', 'cws', 'postgres']
const twists: readonly Twist[] = ['refuse', 'lose', 'lose', 'delay', 'cut', 'double', 'double']
/** Important calls, so that faults do not only hit polls. */
const paths: Record<Front, readonly string[]> = {
  bff: [
    ...([
      '/api/purchase-model',
      '/api/prepare',
      '/api/print',
      '/api/get-print-job',
      '/api/report-print-status',
    ] as const),
    ...(['/progress', '/key-grant', '/api/print/download-gcode', '/internal/', '/pubsub/', '/cancel', ''] as const),
    ...(['/api/prepared', '/api/publish-model', '/api/register-printer'] as const),
  ],
  cws: ['/ops/sign-transaction', '/ops/decrypt-data', '/ops/create-wallet', ''],
  slicer: ['/pubsub/', '/pubsub/', '/inspect'],
}

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

/** A renewal mostly finds its slice in the cache, unless that is spoiled. */
function planRenewalFaults(random: Random): PlannedFault[] {
  const faults = planFaults(random, random.between(1, 4), 'expiry')
  if (random.chance(0.5)) return faults
  const how = random.pick(['vanish', 'corrupt'] as const)
  return [...faults, { atMs: 0, after: 'expiry', fault: { kind: 'cache', how } }]
}

function planFaults(random: Random, count: number, after: PlannedFault['after']): PlannedFault[] {
  return Array.from({ length: count }, () => ({ atMs: random.between(0, longMs), after, fault: drawFault(random) }))
}

function drawFault(random: Random): Fault {
  const drawn = random.next()
  if (drawn < 0.12) return { kind: 'kill', victim: random.pick(victims) }
  if (drawn < 0.28) {
    const front = random.pick(['bff', 'bff', 'bff', 'cws', 'slicer'] as const)
    const victim = random.chance(0.5) ? 'instance' : random.pick(callers)
    return { kind: 'kill-at-work', front, path: random.pick(paths[front]), victim, ms: random.between(0, 60) }
  }
  if (drawn < 0.53) {
    const front = random.pick(['bff', 'bff', 'bff', 'bff', 'cws', 'slicer'] as const)
    const [twist, path] = [random.pick(twists), random.pick(paths[front])]
    return { kind: 'http', front, twist, path, times: random.between(1, 3), ms: random.between(100, 2500) }
  }
  if (drawn < 0.65) {
    const fault = random.pick(googleFaults)
    const times = random.between(1, 3)
    return { kind: 'google', fault, times: fault === 'downloadsToCut' ? 1 : times }
  }
  if (drawn < 0.67) return { kind: 'storage-slow', ms: random.between(200, 3000), forMs: random.between(500, 3000) }
  if (drawn < 0.72) return { kind: 'cache', how: random.pick(['vanish', 'corrupt'] as const) }
  if (drawn < 0.74) {
    const topic = random.pick(['slicing-jobs', 'slicing-results'] as const)
    return { kind: 'poison', topic, text: random.pick(['poison', '{"preparation_id": "poison"}']) }
  }
  if (drawn < 0.81) {
    const fault = random.pick(['submissionsToRefuse', 'busyAnswers', 'answersToLose', 'answersToLose'] as const)
    return { kind: 'ledger', fault, times: random.between(1, 6) }
  }
  if (drawn < 0.87) {
    const fault = random.pick(['answerDelayMs', 'mirrorLagMs'] as const)
    return { kind: 'ledger-slow', fault, ms: random.between(200, 6000), forMs: random.between(500, 3000) }
  }
  if (drawn < 0.92) return { kind: 'disk-full', edge: random.between(0, 1), forMs: random.between(500, 3000) }
  if (drawn < 0.97) {
    const how = random.pick(['error', 'cancel', 'shutdown', 'disconnect'] as const)
    return { kind: 'printer', printer: random.between(0, 1), how, line: random.between(1, 400) }
  }
  return { kind: 'moonraker', printer: random.between(0, 1) }
}
