import { appendFile, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../runtime/log.ts'
import type { SecurityEvent, SecurityLogEntry } from '../schema/page/answers.ts'
import { createTurns } from './in-turn.ts'

/** What somebody has done at this printer, or was refused. Contains no password, token or key, and no text that a client chose. */
export interface SecurityFact {
  event: SecurityEvent
  user_id?: string | null
  /** The client's address. */
  client?: string | null
  details?: SecurityLogEntry['details']
}

export interface SecurityLog {
  /** Never throws: a full disk does not stop what is logged. */
  add: (fact: SecurityFact) => void
  /** Adds a refusal. A second fact about the same error is ignored: an error passes several parts on its way to the client. */
  addRefusal: (error: Error, fact: SecurityFact) => void
  /** The newest entries, newest first; with `before`, those with smaller numbers. */
  list: (query: { limit: number; before?: number | undefined }) => Promise<SecurityLogEntry[]>
  /** Writes the counts of repeated events. */
  close: () => Promise<void>
}

/** Two files of this size at most: some thousands of entries. */
const largestFile = 256 * 1024
/** The same event of the same client within this time is counted, not written again. */
const repeatMs = 60_000
/** New kinds of events and clients within that time; beyond it, the clients are counted together. */
const mostKinds = 50

interface Repeated {
  fact: Required<SecurityFact>
  since: number
  again: number
}

/** The security log of one printer: lines of JSON in its data folder. The older half is thrown away when it has grown too long. */
export async function openSecurityLog(dataDir: string, clock: () => number, log: Log): Promise<SecurityLog> {
  const path = join(dataDir, 'security-log.jsonl')
  const older = `${path}.1`
  const inTurn = createTurns()
  const repeated = new Map<string, Repeated>()
  const refusals = new WeakSet<Error>()
  let number = (await readEntries()).at(-1)?.number ?? 0

  async function readEntries(): Promise<SecurityLogEntry[]> {
    const texts = await Promise.all([older, path].map(file => readFile(file, 'utf8').catch(() => '')))
    return texts.flatMap(text => text.split('\n').flatMap(parseLine))
  }

  function write(fact: Required<SecurityFact>, count: number): void {
    const entry: SecurityLogEntry = { number: ++number, at: new Date(clock()).toISOString(), count, ...fact }
    inTurn(async () => {
      const { size } = await stat(path).catch(() => ({ size: 0 }))
      if (size > largestFile) await rename(path, older)
      await appendFile(path, `${JSON.stringify(entry)}\n`, { mode: 0o600 })
    }).catch((error: unknown) => log.warn({ err: error }, 'the security log cannot be written'))
  }

  function writeRepeated(isDue: (one: Repeated) => boolean): void {
    for (const [key, one] of repeated) {
      if (!isDue(one)) continue
      repeated.delete(key)
      if (one.again > 0) write(one.fact, one.again)
    }
  }

  function add({ event, user_id = null, client = null, details = {} }: SecurityFact): void {
    writeRepeated(({ since }) => performance.now() - since >= repeatMs)
    const isCrowded = repeated.size >= mostKinds
    const fact = isCrowded ? { event, user_id: null, client: null, details: {} } : { event, user_id, client, details }
    const key = JSON.stringify(fact)
    const same = repeated.get(key)
    if (same) {
      same.again++
      return
    }
    repeated.set(key, { fact, since: performance.now(), again: 0 })
    write(fact, 1)
  }

  return {
    add,
    addRefusal(error, fact) {
      if (refusals.has(error)) return
      refusals.add(error)
      add(fact)
    },
    async list({ limit, before = Number.POSITIVE_INFINITY }) {
      writeRepeated(() => true)
      const entries = await inTurn(readEntries)
      return entries
        .filter(entry => entry.number < before)
        .slice(-limit)
        .reverse()
    },
    async close() {
      writeRepeated(() => true)
      await inTurn(async () => {})
    },
  }
}

/** A line that a power cut has left unfinished is skipped. */
function parseLine(line: string): SecurityLogEntry[] {
  if (line === '') return []
  try {
    return [JSON.parse(line) as SecurityLogEntry]
  } catch {
    return []
  }
}
