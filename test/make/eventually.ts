import { setTimeout as sleep } from 'node:timers/promises'

/** The pause before the next look, which may ask a database or a printer: a tenth of the time waited so far, from 10 to 50 ms. */
const pauseAfter = (waitedMs: number) => Math.min(50, Math.max(10, waitedMs / 10))

/** Polls until there is a value that is neither undefined, null nor false, and returns it. Fails after the deadline. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  limitMs = 15_000,
): Promise<T> {
  const started = Date.now()
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== null && seen !== false) return seen
    const waited = Date.now() - started
    if (waited > limitMs) throw new Error(`waited ${limitMs / 1000} s in vain: ${what}`)
    await sleep(pauseAfter(waited))
  }
}

/** Waits until a condition is true. The failure after the deadline shows its source. */
export async function until(isSo: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  await eventually(String(isSo), isSo, limitMs)
}
