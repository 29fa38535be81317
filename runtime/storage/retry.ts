import { unlessAborted } from './rest.ts'

/** Milliseconds. */
export interface RetryTiming {
  /** The longest that one request may take. */
  requestMs: number
  /** How long the storage may keep us from getting on before we give up. */
  patienceMs: number
  /** The pause after the first failure in a row; it doubles up to the longest one. */
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
  /** Waits before another attempt. Rejects with `reason` when patience has run out, and with the signal's reason. */
  pause: (reason: unknown) => Promise<void>
  /** Something got on: the count and the time begin anew. */
  renew: () => void
}

/** Pauses that grow while nothing gets on, and end. `jitter` gives 0 to 1, so that many clients do not come back at once. */
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
