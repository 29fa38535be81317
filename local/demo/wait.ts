interface Limits {
  limitMs?: number
  /** The pause between two looks, instead of one that grows with the time waited. */
  everyMs?: number
}

/** A tenth of the time waited so far, from 50 to 500 ms: what is there soon is seen at once, what takes long costs few requests. */
const pauseAfter = (waitedMs: number) => Math.min(500, Math.max(50, waitedMs / 10))

/** Polls until a value is there and returns it. Throws after `limitMs`; `what` names the thing in the message. */
export async function waitFor<T>(
  what: string,
  poll: () => Promise<T | null | undefined | false>,
  { limitMs = 60_000, everyMs }: Limits = {},
): Promise<T> {
  const started = Date.now()
  for (;;) {
    const value = await poll()
    if (value) return value
    const waitedMs = Date.now() - started
    if (waitedMs > limitMs) throw new Error(`Timed out after ${limitMs / 1000} s waiting for ${what}.`)
    await new Promise(resolve => setTimeout(resolve, everyMs ?? pauseAfter(waitedMs)))
  }
}
