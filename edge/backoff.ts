/** Gives a number from 0 to 1 (exclusive); Math.random in production. */
export type Jitter = () => number

export interface Backoff {
  /** Milliseconds to wait before the next try: between half and all of a time that doubles. */
  next: () => number
  /** After a success: the next failure waits the shortest time again. */
  reset: () => void
}

/** Waits that grow, and differ between printers, so that they do not all come back at once. */
export function createBackoff(firstMs: number, longestMs: number, jitter: Jitter): Backoff {
  let tries = 0
  return {
    next() {
      const full = Math.min(longestMs, firstMs * 2 ** Math.min(tries++, 30))
      return Math.round(full * (0.5 + jitter() / 2))
    },
    reset() {
      tries = 0
    },
  }
}
