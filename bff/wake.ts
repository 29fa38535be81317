/**
 * Wakes long polls when the database says that a printer has something new. One LISTEN connection a process serves them all;
 * a wake-up is only a hint to look again, so a lost one costs a poll's length and nothing else.
 */
export interface Wake {
  /** Resolves true when `key` is notified, false after `timeoutMs`, at `signal`, or when we shut down. */
  wait: (key: string, timeoutMs: number, signal?: AbortSignal) => Promise<boolean>
  /** Ends every wait: for SIGTERM. */
  drain: () => void
  close: () => Promise<void>
}

/** The one channel that we notify on; the payload is the key, such as a printer's id. */
export const wakeChannel = 'lmnt_wake'

interface Listener {
  listen: (channel: string, heard: (payload: string) => void) => Promise<{ unlisten: () => Promise<void> }>
}

/** `sql` is postgres.js: its listen() reconnects by itself. */
export async function startWake(sql: Listener): Promise<Wake> {
  const waiting = new Map<string, Set<() => void>>()
  let isDraining = false
  const { unlisten } = await sql.listen(wakeChannel, key => {
    for (const wakeUp of waiting.get(key) ?? []) wakeUp()
  })

  function wait(key: string, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (isDraining || signal?.aborted || timeoutMs <= 0) return Promise.resolve(false)
    return new Promise(resolve => {
      const waiters = waiting.get(key) ?? new Set()
      waiting.set(key, waiters)
      const wakeUp = () => end(!isDraining)
      const quit = () => end(false)
      const timer = setTimeout(quit, timeoutMs)
      waiters.add(wakeUp)
      signal?.addEventListener('abort', quit, { once: true })

      function end(isWoken: boolean): void {
        clearTimeout(timer)
        signal?.removeEventListener('abort', quit)
        waiters.delete(wakeUp)
        if (waiters.size === 0) waiting.delete(key)
        resolve(isWoken)
      }
    })
  }

  function drain(): void {
    isDraining = true
    for (const waiters of waiting.values()) for (const wakeUp of [...waiters]) wakeUp()
  }

  return {
    wait,
    drain,
    close: async () => {
      drain()
      await unlisten()
    },
  }
}
