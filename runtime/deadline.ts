export interface Deadline {
  /** Aborted at the time limit, or with the other signal. */
  signal: AbortSignal
  /** Call it when the work is done: clears the timer and aborts the signal, so that nothing keeps waiting on it. */
  clear: () => void
}

/**
 * A time limit combined with another signal. Not AbortSignal.any([signal, AbortSignal.timeout(ms)]): on Node 20 that may never
 * fire, because the garbage collector removes the timeout, which only the combination refers to (weakly).
 */
export function deadline(ms: number, other?: AbortSignal): Deadline {
  const controller = new AbortController()
  const onTimeout = () => controller.abort(new DOMException('The time is over.', 'TimeoutError'))
  const timer = setTimeout(onTimeout, ms)
  const passOn = () => controller.abort(other?.reason)
  if (other?.aborted) passOn()
  else other?.addEventListener('abort', passOn, { once: true })
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer)
      other?.removeEventListener('abort', passOn)
      controller.abort()
    },
  }
}

/** Waits for `work`, at most `ms`; rejects when it fails within that time. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, over]).finally(() => clearTimeout(timer))
}
