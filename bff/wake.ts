import { sql } from 'drizzle-orm'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import { type Log, silentLog } from '../runtime/log.ts'

/**
 * Wakes long polls when the database says that a printer has something new. One LISTEN connection a process serves them all;
 * a wake-up is only a hint to read the database again: a lost one delays a job by one poll, and nothing else.
 */
export interface Wake {
  /** Resolves true when `key` is notified, false after `timeoutMs`, at `signal`, or when we shut down. */
  wait: (key: string, timeoutMs: number, signal?: AbortSignal) => Promise<boolean>
  /** Calls `onWord` with the word of each notification for `key`, until the returned function is called. */
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

/** What `connectDatabase` returns, as far as it is needed here. */
interface Connections {
  sql: { notify: (channel: string, payload: string) => Promise<unknown> }
  openListener: () => {
    listen: (channel: string, onPayload: (payload: string) => void, onListening: () => void) => Promise<unknown>
    end: (options: { timeout: number }) => Promise<void>
  }
}

interface WakeOptions {
  log?: Log
  /** How often we check that notifications arrive, and how long the check waits for its own. */
  checkEveryMs?: number
  checkTimeoutMs?: number
}

const checkKey = 'check'

/**
 * Listens on a separate connection. postgres.js listens again after a lost connection, but ignores a LISTEN that is refused (by a
 * standby after a failover, for example). So we notify ourselves regularly; when that does not arrive, every wait ends as
 * if it was woken, so that polls are served from the database, and a new connection listens.
 */
export async function startWake({ sql, openListener }: Connections, options: WakeOptions = {}): Promise<Wake> {
  const { log = silentLog, checkEveryMs = 15_000, checkTimeoutMs = 5000 } = options
  const subscribers = new Map<string, Set<(word: string) => void>>()
  /** What ends each wait; true: woken. */
  const waiting = new Set<(isWoken: boolean) => void>()
  let isEnding = false
  let listener = await listen()
  let timer = setTimeout(checkAndRepeat, checkEveryMs)

  async function listen() {
    const connection = openListener()
    try {
      // What was notified while nobody listened is lost: the waits read the database.
      await connection.listen(wakeChannel, receive, () => endAll(true))
      return connection
    } catch (error) {
      await connection.end({ timeout: 0 })
      throw error
    }
  }

  function receive(payload: string): void {
    const [key = '', word = ''] = payload.split(' ')
    for (const onWord of [...(subscribers.get(key) ?? [])]) onWord(word)
  }

  function checkAndRepeat(): void {
    check()
      .catch((error: unknown) => log.warn({ err: error }, 'cannot check or restart LISTEN: will try again'))
      .finally(() => {
        if (!isEnding) timer = setTimeout(checkAndRepeat, checkEveryMs)
      })
  }

  async function check(): Promise<void> {
    const received = wait(checkKey, checkTimeoutMs)
    await sql.notify(wakeChannel, checkKey)
    if ((await received) || isEnding) return
    log.warn('notifications of the database do not arrive: LISTEN is started again')
    endAll(true)
    const fresh = await listen()
    const unused = isEnding ? fresh : listener
    if (!isEnding) listener = fresh
    await unused.end({ timeout: 0 })
  }

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
      waiting.add(end)
      signal?.addEventListener('abort', giveUp, { once: true })

      function end(isWoken: boolean): void {
        clearTimeout(timer)
        signal?.removeEventListener('abort', giveUp)
        waiting.delete(end)
        unsubscribe()
        resolve(isWoken)
      }
    })
  }

  function endAll(isWoken: boolean): void {
    for (const end of [...waiting]) end(isWoken)
  }

  function endWaits(): void {
    isEnding = true
    clearTimeout(timer)
    endAll(false)
  }

  return {
    wait,
    subscribe,
    endWaits,
    close: async () => {
      endWaits()
      await listener.end({ timeout: 0 })
    },
  }
}
