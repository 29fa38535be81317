import { AppError } from '../schema/http/errors.ts'

export interface Limit {
  /** Runs it now or when it is its turn. Errors: too_many_requests when too many wait already. */
  run: <T>(work: () => Promise<T>) => Promise<T>
}

/** Lets `atOnce` run and `waiting` wait; whoever comes then has to come again. */
export function createLimit({ atOnce, waiting }: { atOnce: number; waiting: number }): Limit {
  let running = 0
  const queue: (() => void)[] = []
  return {
    run: async work => {
      if (running >= atOnce) {
        if (queue.length >= waiting) {
          throw new AppError('too_many_requests', 'The slicer is busy. Try again in a minute.')
        }
        // Whoever ends hands his place over, so `running` stays.
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
