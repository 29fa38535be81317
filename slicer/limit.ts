import { AppError } from '../schema/http/errors.ts'

export interface Limit {
  /** Runs `work` when a slot is free. Errors: too_many_requests when too many wait already. */
  run: <T>(work: () => Promise<T>) => Promise<T>
}

/** Runs `atOnce` calls at a time and lets `waiting` more wait; further calls are refused. */
export function createLimit({ atOnce, waiting }: { atOnce: number; waiting: number }): Limit {
  let running = 0
  const queue: (() => void)[] = []
  return {
    run: async work => {
      if (running >= atOnce) {
        if (queue.length >= waiting) {
          throw new AppError('too_many_requests', 'The slicer is busy. Try again in a minute.')
        }
        // A call that ends passes its slot to the next one, so `running` stays.
        await new Promise<void>(resolve => queue.push(resolve))
      } else {
        running++
      }
      try {
        return await work()
      } finally {
        const next = queue.shift()
        if (next) next()
        else running--
      }
    },
  }
}
