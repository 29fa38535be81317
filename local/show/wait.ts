/** Looks again every `everyMs` until there is something; throws with what it waited for when that takes too long. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  { limitMs = 60_000, everyMs = 100 }: { limitMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + limitMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > deadline) throw new Error(`waited ${limitMs / 1000} s for ${what}`)
    await new Promise(resolve => setTimeout(resolve, everyMs))
  }
}
