export interface Deadline {
  /** Aborted when the time is over, or when the other signal is. */
  signal: AbortSignal
  /** To be called when the work is done: the timer goes, and whoever still waits with the signal is let go. */
  clear: () => void
}

/**
 * A time limit that also ends with another signal. Instead of AbortSignal.any([signal, AbortSignal.timeout(ms)]), which on
 * Node 20 never fires once the garbage collector has run: the timeout is held by nobody but the combination, weakly.
 */
export function deadline(ms: number, other?: AbortSignal): Deadline {
  const controller = new AbortController()
  const late = () => controller.abort(new DOMException('The time is over.', 'TimeoutError'))
  const timer = setTimeout(late, ms)
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
