import { type Changes, createChanges } from '../../changes.ts'
import type { JobEvent } from './events.ts'
import type { JobRecord } from './record.ts'
import type { Job } from './state.ts'

/** The current job as other parts see it: they read its state and send it events. */
export interface JobHandle {
  readonly id: string
  readonly purchaseId: string
  state: () => Job
  /** Emits whenever `state` has changed. */
  changes: Changes
  send: (event: JobEvent) => void
  /**
   * Cancels the job. The cancel is on the disk first, so that it survives a restart. With a full disk it is in memory only. Never
   * rejects.
   */
  cancel: () => Promise<void>
  /** Assigns a print on the printer to this job. It is on the disk first; rejects when it cannot be written. */
  bind: (print: NonNullable<JobRecord['print']>, isSeenFromStart: boolean) => Promise<void>
}

/** The current job: one at a time, since a printer prints one at a time. */
export interface CurrentJob {
  get: () => JobHandle | null
  set: (job: JobHandle | null) => void
  changes: Changes
  /** Polls the marketplace now, without a long poll. Resolves when it has answered; rejects with its error. */
  pollNow: () => Promise<void>
  /**
   * For the loop that polls. `drainWaiters` returns the callers of `pollNow` that wait for the next answer. `interrupt` returns a
   * signal that `pollNow` aborts. The loop calls `countAnswer` after every answer.
   */
  polls: {
    drainWaiters: () => Waiter[]
    interrupt: () => AbortSignal
    countAnswer: () => void
    answerCount: () => number
  }
  /** Why no job can be fetched now; shown to people. */
  problem: string | null
}

/** How long a person's consent is valid. Later the bed may no longer be clear. */
const personMs = 10 * 60_000

/** The time (of performance.now()) until which a start that a person requests now is valid. */
export function personDeadline(): number {
  return performance.now() + personMs
}

interface Waiter {
  resolve: () => void
  reject: (error: unknown) => void
}

export function createCurrentJob(): CurrentJob {
  const changes = createChanges()
  let current: JobHandle | null = null
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
