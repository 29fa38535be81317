import { type Changes, createChanges } from '../../changes.ts'
import type { Job } from './state.ts'

/** Where the job in hand lies: one at a time, since a printer prints one at a time. */
export interface Desk {
  current: () => Job | null
  put: (job: Job | null) => void
  changes: Changes
  /** Has the marketplace asked now, without waiting there; resolves when it has answered. Rejects with its refusal. */
  pollNow: () => Promise<void>
  /**
   * For the loop that polls: who waits for an answer, a signal for its waits that a new one ends, and what it calls after every
   * answer. `answered` counts them.
   */
  polls: { take: () => Waiting[]; interrupt: () => AbortSignal; noteAnswer: () => void; answered: () => number }
  /** Why no job can be fetched just now, for people to read. */
  problem: string | null
}

interface Waiting {
  resolve: () => void
  reject: (error: unknown) => void
}

export function createDesk(): Desk {
  const changes = createChanges()
  let current: Job | null = null
  let waiting: Waiting[] = []
  let interruption = new AbortController()
  let answers = 0

  function take(): Waiting[] {
    const taken = waiting
    waiting = []
    return taken
  }

  return {
    current: () => current,
    put(job) {
      current = job
      changes.emit()
      if (job) for (const { resolve } of take()) resolve()
    },
    changes,
    problem: null,
    pollNow: () =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        interruption.abort()
      }),
    polls: {
      take,
      interrupt() {
        if (interruption.signal.aborted && waiting.length === 0) interruption = new AbortController()
        return interruption.signal
      },
      noteAnswer() {
        answers++
        changes.emit()
      },
      answered: () => answers,
    },
  }
}
