import { type Changes, createChanges } from '../../changes.ts'
import type { JobEvent } from './events.ts'
import type { JobRecord } from './record.ts'
import type { Job } from './state.ts'

/** A job in hand, for the parts that do not run it: they see what it is now, and say what happens. */
export interface JobInHand {
  readonly id: string
  readonly purchaseId: string
  state: () => Job
  /** Emits whenever `state` has changed. */
  changes: Changes
  send: (event: JobEvent) => void
  /**
   * Cancels the job, on the disk first, so that a restart goes on with it. With a full disk it is cancelled all the same, in this
   * run of the edge. Never rejects.
   */
  cancel: () => Promise<void>
  /** Makes a print on the printer this job's, on the disk first. Rejects when the disk does not take it. */
  bind: (print: NonNullable<JobRecord['print']>, isSeenFromStart: boolean) => Promise<void>
}

/** The job in hand: one at a time, since a printer prints one at a time. */
export interface CurrentJob {
  get: () => JobInHand | null
  set: (job: JobInHand | null) => void
  changes: Changes
  /** Has the marketplace asked now, without waiting there; resolves when it has answered. Rejects with its refusal. */
  pollNow: () => Promise<void>
  /**
   * For the loop that polls: who waits for an answer, a signal for its waits that a new one ends, and what it calls after every
   * answer. `answered` counts them.
   */
  polls: {
    drainWaiters: () => Waiter[]
    interrupt: () => AbortSignal
    countAnswer: () => void
    answerCount: () => number
  }
  /** Why no job can be fetched just now, for people to read. */
  problem: string | null
}

/** How long a person's word counts: after that, the bed that they have looked at may not be clear any more. */
const personMs = 10 * 60_000

/** Until when (of performance.now()) a start counts that a person asks for now. */
export function personDeadline(): number {
  return performance.now() + personMs
}

interface Waiter {
  resolve: () => void
  reject: (error: unknown) => void
}

export function createCurrentJob(): CurrentJob {
  const changes = createChanges()
  let current: JobInHand | null = null
  let waiters: Waiter[] = []
  let interruption = new AbortController()
  let answers = 0

  function drainWaiters(): Waiter[] {
    const drained = waiters
    waiters = []
    return drained
  }

  return {
    get: () => current,
    set(job) {
      current = job
      changes.emit()
      if (job) for (const { resolve } of drainWaiters()) resolve()
    },
    changes,
    problem: null,
    pollNow: () =>
      new Promise((resolve, reject) => {
        waiters.push({ resolve, reject })
        interruption.abort()
      }),
    polls: {
      drainWaiters,
      interrupt() {
        if (interruption.signal.aborted && waiters.length === 0) interruption = new AbortController()
        return interruption.signal
      },
      countAnswer() {
        answers++
        changes.emit()
      },
      answerCount: () => answers,
    },
  }
}
