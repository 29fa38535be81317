import { unlessAborted } from './rest.ts'

/** Milliseconds. */
export interface RetryTiming {
  /** The time limit of one request. */
  requestMs: number
  /** The time without progress after which the work fails. */
  patienceMs: number
  /** The pause after the first failure. Each further failure doubles it, up to longestPauseMs. */
  firstPauseMs: number
  longestPauseMs: number
}

export const retryTiming: RetryTiming = {
  requestMs: 30_000,
  patienceMs: 60_000,
  firstPauseMs: 250,
  longestPauseMs: 8000,
}

export interface Patience {
  /** Waits before another attempt. Rejects with `reason` after patienceMs without progress, and with the signal's reason. */
  pause: (reason: unknown) => Promise<void>
  /** Call it after progress: resets the pauses and the time limit. */
  renew: () => void
}

/** Pauses between attempts, which grow until there is progress. `jitter` returns 0 to 1, so that clients do not retry in step. */
export function startPatience(timing: RetryTiming, signal?: AbortSignal, jitter: () => number = Math.random): Patience {
  let failures = 0
  let until = performance.now() + timing.patienceMs
  return {
    async pause(reason) {
      const longest = Math.min(timing.longestPauseMs, timing.firstPauseMs * 2 ** failures)
      failures += 1
      const ms = longest * (0.5 + jitter() / 2)
      if (performance.now() + ms > until) throw reason
      let timer: NodeJS.Timeout | undefined
      const passed = new Promise<void>(resolve => {
        timer = setTimeout(resolve, ms)
      })
      await unlessAborted(passed, signal).finally(() => clearTimeout(timer))
    },
    renew() {
      failures = 0
      until = performance.now() + timing.patienceMs
    },
  }
}
