import type { Context } from '../../context.ts'
import { drain } from './drain.ts'

export interface BackgroundDeliveries {
  /** Starts delivering, right after a commit, without making the request wait. A failure is logged; the tick tries again. */
  start: () => void
  /** Starts no more deliveries and resolves when those that are running have ended. */
  stop: () => Promise<void>
}

/** The deliveries that the requests of this process start, so that it can wait for them before it closes the database. */
export function backgroundDeliveries(ctx: Context): BackgroundDeliveries {
  const running = new Set<Promise<unknown>>()
  const stopping = new AbortController()
  return {
    start() {
      if (stopping.signal.aborted) return
      const delivery = drain(ctx, stopping.signal)
        .catch((error: unknown) => ctx.log.warn({ err: error }, 'the outbox could not be drained'))
        .finally(() => running.delete(delivery))
      running.add(delivery)
    },

    async stop() {
      stopping.abort()
      await Promise.all(running)
    },
  }
}
