import type { Random } from './random.ts'

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

/** `atMs` counts from the start of the run, or from the first time that a person's slice has expired. */
export type PlannedFault = Timed<{ fault: Fault; after: 'start' | 'expiry' }>

/** All faults begin within this time. */
export const longMs = 4500

const victims: readonly Victim[] = ['bff', 'bff-2', 'cws', 'slicer', 'edge', 'edge-2', 'postgres']
const googleFaults = [
  ...(['deliveriesToDouble', 'deliveriesToDouble', 'pushAnswersToDrop', 'pushAnswersToDrop'] as const),
  ...(['uploadsToCut', 'uploadsToCut', 'downloadsToCut'] as const),
  ...(['storageRequestsToRefuse', 'storageRequestsToRefuse', 'copyAnswersToDrop'] as const),
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

/** A renewal mostly finds its slice in the cache, unless that is spoiled. */
export function planRenewalFaults(random: Random): PlannedFault[] {
  const faults = planFaults(random, random.between(1, 4), 'expiry')
  if (random.chance(0.5)) return faults
  const how = random.pick(['vanish', 'corrupt'] as const)
  return [...faults, { atMs: 0, after: 'expiry', fault: { kind: 'cache', how } }]
}

export function planFaults(random: Random, count: number, after: PlannedFault['after']): PlannedFault[] {
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
