import { sql } from 'drizzle-orm'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'

/**
 * Wakes long polls when the database says that a printer has something new. One LISTEN connection a process serves them all;
 * a wake-up is only a hint to read the database again: a lost one delays a job by one poll, and nothing else.
 */
export interface Wake {
  /** Resolves true when `key` is notified, false after `timeoutMs`, at `signal`, or when we shut down. */
  wait: (key: string, timeoutMs: number, signal?: AbortSignal) => Promise<boolean>
  /** Calls `onWord` with each word that is notified after `key`, until the returned function is called. */
  subscribe: (key: string, onWord: (word: string) => void) => () => void
  /** Ends every wait: for SIGTERM. */
  endWaits: () => void
  close: () => Promise<void>
}

/** The one channel that we notify on; the payload is the key, such as a printer's id, and may have a word after a space. */
export const wakeChannel = 'lmnt_wake'

/** Wakes the printer's long poll, when (and only if) the transaction commits. */
export async function wakePrinter(tx: Pick<PostgresJsDatabase, 'execute'>, printerId: string): Promise<void> {
  await tx.execute(sql`SELECT pg_notify(${wakeChannel}, ${printerId})`)
}

interface Listener {
  listen: (channel: string, onWord: (payload: string) => void) => Promise<{ unlisten: () => Promise<void> }>
}

/** `connection` is postgres.js: its listen() reconnects by itself. */
export async function startWake(connection: Listener): Promise<Wake> {
  const subscribers = new Map<string, Set<(word: string) => void>>()
  /** What ends each wait. */
  const waiting = new Set<() => void>()
  let isEnding = false
  const { unlisten } = await connection.listen(wakeChannel, payload => {
    const [key = '', word = ''] = payload.split(' ')
    for (const onWord of [...(subscribers.get(key) ?? [])]) onWord(word)
  })

  function subscribe(key: string, onWord: (word: string) => void): () => void {
    const ofKey = subscribers.get(key) ?? new Set()
    subscribers.set(key, ofKey)
    ofKey.add(onWord)
    return () => {
      ofKey.delete(onWord)
      if (ofKey.size === 0 && subscribers.get(key) === ofKey) subscribers.delete(key)
    }
  }

  function wait(key: string, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (isEnding || signal?.aborted || timeoutMs <= 0) return Promise.resolve(false)
    return new Promise(resolve => {
      const giveUp = () => end(false)
      const timer = setTimeout(giveUp, timeoutMs)
      const unsubscribe = subscribe(key, () => end(!isEnding))
      waiting.add(giveUp)
      signal?.addEventListener('abort', giveUp, { once: true })

      function end(isWoken: boolean): void {
        clearTimeout(timer)
        signal?.removeEventListener('abort', giveUp)
        waiting.delete(giveUp)
        unsubscribe()
        resolve(isWoken)
      }
    })
  }

  function endWaits(): void {
    isEnding = true
    for (const giveUp of [...waiting]) giveUp()
  }

  return {
    wait,
    subscribe,
    endWaits,
    close: async () => {
      endWaits()
      await unlisten()
    },
  }
}
