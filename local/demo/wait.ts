/** Polls every `everyMs` until a value is there and returns it. Throws after `limitMs`; `what` names the thing in the message. */
export async function waitFor<T>(
  what: string,
  poll: () => Promise<T | null | undefined | false>,
  { limitMs = 60_000, everyMs = 100 }: { limitMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + limitMs
  for (;;) {
    const value = await poll()
    if (value) return value
    if (Date.now() > deadline) throw new Error(`Timed out after ${limitMs / 1000} s waiting for ${what}.`)
    await new Promise(resolve => setTimeout(resolve, everyMs))
  }
}
