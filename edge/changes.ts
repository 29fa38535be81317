export interface Changes {
  /** Tells everyone who listens to look again. */
  emit: () => void
  /** Calls `listener` at each change; gives the function that ends it. */
  listen: (listener: () => void) => () => void
  /** Resolves with the first value that `look` finds, now or after a later change. Rejects when the signal is aborted. */
  until: <T>(look: () => T | undefined, signal?: AbortSignal) => Promise<T>
}

/** A bell for state that several parts wait on: they look for themselves, it only says when. */
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
    until<T>(look: () => T | undefined, signal?: AbortSignal): Promise<T> {
      return new Promise((resolve, reject) => {
        const stop = listen(check)
        signal?.addEventListener('abort', abort, { once: true })
        if (signal?.aborted) abort()
        else check()

        function check(): void {
          try {
            const found = look()
            if (found === undefined) return
            done()
            resolve(found)
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

/** As `Changes.until`, looking again when any of them has changed. */
export async function untilAny<T>(changes: Changes[], look: () => T | undefined, signal: AbortSignal): Promise<T> {
  const any = createChanges()
  const stops = changes.map(one => one.listen(any.emit))
  try {
    return await any.until(look, signal)
  } finally {
    for (const stop of stops) stop()
  }
}
