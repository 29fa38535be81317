import { setTimeout as sleep } from 'node:timers/promises'

/** Polls until there is a value that is neither undefined, null nor false, and returns it. Fails after the deadline. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  limitMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + limitMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== null && seen !== false) return seen
    if (Date.now() > deadline) throw new Error(`waited ${limitMs / 1000} s in vain: ${what}`)
    await sleep(10)
  }
}

/** Waits until a condition is true. The failure after the deadline shows its source. */
export async function until(isSo: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  await eventually(String(isSo), isSo, limitMs)
}
