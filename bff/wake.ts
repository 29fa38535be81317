import { sql } from 'drizzle-orm'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'

/**
 * Wakes long polls when the database says that a printer has something new. One LISTEN connection a process serves them all;
 * a wake-up is only a hint to look again, so a lost one costs a poll's length and nothing else.
 */
export interface Wake {
  /** Resolves true when `key` is notified, false after `timeoutMs`, at `signal`, or when we shut down. */
  wait: (key: string, timeoutMs: number, signal?: AbortSignal) => Promise<boolean>
  /** Calls `heard` with each word that is notified after `key`, until the returned function is called. */
  hear: (key: string, heard: (word: string) => void) => () => void
  /** Ends every wait: for SIGTERM. */
  drain: () => void
  close: () => Promise<void>
}

/** The one channel that we notify on; the payload is the key, such as a printer's id, and may have a word after a space. */
export const wakeChannel = 'lmnt_wake'

/** Wakes the printer's long poll, when (and only if) the transaction commits. */
export async function wakePrinter(tx: Pick<PostgresJsDatabase, 'execute'>, printerId: string): Promise<void> {
  await tx.execute(sql`SELECT pg_notify(${wakeChannel}, ${printerId})`)
}

interface Listener {
  listen: (channel: string, heard: (payload: string) => void) => Promise<{ unlisten: () => Promise<void> }>
}

/** `connection` is postgres.js: its listen() reconnects by itself. */
export async function startWake(connection: Listener): Promise<Wake> {
  const hearing = new Map<string, Set<(word: string) => void>>()
  /** What ends each wait. */
  const waiting = new Set<() => void>()
  let isDraining = false
  const { unlisten } = await connection.listen(wakeChannel, payload => {
    const [key = '', word = ''] = payload.split(' ')
    for (const heard of [...(hearing.get(key) ?? [])]) heard(word)
  })

  function hear(key: string, heard: (word: string) => void): () => void {
    const ears = hearing.get(key) ?? new Set()
    hearing.set(key, ears)
    ears.add(heard)
    return () => {
      ears.delete(heard)
      if (ears.size === 0 && hearing.get(key) === ears) hearing.delete(key)
    }
  }

  function wait(key: string, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (isDraining || signal?.aborted || timeoutMs <= 0) return Promise.resolve(false)
    return new Promise(resolve => {
      const quit = () => end(false)
      const timer = setTimeout(quit, timeoutMs)
      const stopHearing = hear(key, () => end(!isDraining))
      waiting.add(quit)
      signal?.addEventListener('abort', quit, { once: true })

      function end(isWoken: boolean): void {
        clearTimeout(timer)
        signal?.removeEventListener('abort', quit)
        waiting.delete(quit)
        stopHearing()
        resolve(isWoken)
      }
    })
  }

  function drain(): void {
    isDraining = true
    for (const quit of [...waiting]) quit()
  }

  return {
    wait,
    hear,
    drain,
    close: async () => {
      drain()
      await unlisten()
    },
  }
}
