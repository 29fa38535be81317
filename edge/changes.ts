export interface Changes {
  /** Calls every listener. */
  emit: () => void
  /** Calls `listener` at each change; returns the function that stops it. */
  listen: (listener: () => void) => () => void
  /** Resolves with the first value that `read` returns, now or after a later change. Rejects when the signal is aborted. */
  until: <T>(read: () => T | undefined, signal?: AbortSignal) => Promise<T>
}

/** Signals that some state has changed. Listeners read the state themselves. */
export function createChanges(): Changes {
  const listeners = new Set<() => void>()

  function listen(listener: () => void): () => void {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  return {
    emit() {
      for (const listener of [...listeners]) listener()
    },
    listen,
    until<T>(read: () => T | undefined, signal?: AbortSignal): Promise<T> {
      return new Promise((resolve, reject) => {
        const stop = listen(check)
        signal?.addEventListener('abort', abort, { once: true })
        if (signal?.aborted) abort()
        else check()

        function check(): void {
          try {
            const value = read()
            if (value === undefined) return
            done()
            resolve(value)
          } catch (error) {
            done()
            reject(error)
          }
        }
        function abort(): void {
          done()
          reject(signal?.reason)
        }
        function done(): void {
          stop()
          signal?.removeEventListener('abort', abort)
        }
      })
    },
  }
}

/** As `Changes.until`, for a value that depends on several changes. */
export async function untilAny<T>(changes: Changes[], read: () => T | undefined, signal: AbortSignal): Promise<T> {
  const any = createChanges()
  const stops = changes.map(one => one.listen(any.emit))
  try {
    return await any.until(read, signal)
  } finally {
    for (const stop of stops) stop()
  }
}
