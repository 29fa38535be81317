import { z } from 'zod'
import { fetchReason } from '../fetch-reason.ts'
import { isTemporary, type SendToStorage, within } from './rest.ts'

export interface Target {
  bucket: string
  name: string
  contentType: string
  metadata?: Record<string, string>
}

/** The size and hash that the whole object must have. `md5` is in base64, as in Cloud Storage. */
export interface Expected {
  size: number
  md5: string
}

const storedObject = z.object({ size: z.coerce.number(), md5Hash: z.string() })
export type StoredObject = z.infer<typeof storedObject>

/** The storage's answer to a request of a session. */
export type SessionAnswer =
  | { kind: 'stored'; object: StoredObject }
  /** The storage has the first `received` bytes. */
  | { kind: 'incomplete'; received: number }
  /** A temporary error: the storage is busy or cannot be reached, and may or may not have processed the request. */
  | { kind: 'temporary'; reason: string }
  /** gone: the storage does not know the session. exists: an object with this name exists. refused: a permanent error. */
  | { kind: 'gone' | 'exists' | 'refused'; reason: string }

export interface Session {
  /** Sends bytes for offset `at`; opens a session if none is open. With `expected` they are the last bytes. */
  put: (bytes: Buffer, at: number, expected: Expected | undefined) => Promise<SessionAnswer>
  /** Asks how many bytes the storage has. With `size`, an upload whose bytes are all there is completed. */
  ask: (size: number | undefined) => Promise<SessionAnswer>
  /** Asks for the object with the session's name. */
  findObject: () => Promise<SessionAnswer>
  isOpen: () => boolean
  /** Forgets the session: the next put opens a new one. */
  forget: () => void
  /** Deletes the session, and the object if the session may have created it. False when the storage did not answer. */
  discard: () => Promise<boolean>
}

/** A resumable session of Cloud Storage. One request at a time; nothing is retried here. */
export function openSession(
  send: SendToStorage,
  { bucket, name, contentType, metadata }: Target,
  { requestMs, signal }: { requestMs: number; signal: AbortSignal | undefined },
): Session {
  const objects = `/storage/v1/b/${encodeURIComponent(bucket)}/o`
  const objectPath = `${objects}/${encodeURIComponent(name)}`
  let path: string | undefined
  let mayBeObject = false

  /** Opens the session. Undefined on success. */
  async function open(): Promise<SessionAnswer | undefined> {
    const query = `uploadType=resumable&name=${encodeURIComponent(name)}&ifGenerationMatch=0`
    return exchange<undefined>(async limit => {
      const headers = { 'content-type': 'application/json', 'x-upload-content-type': contentType }
      const body = JSON.stringify({ contentType, ...(metadata ? { metadata } : {}) })
      const response = await send({ method: 'POST', path: `/upload${objects}?${query}`, headers, body, signal: limit })
      const location = response.headers.get('location')
      if (!response.ok || !location) {
        const answer = await refusal(response)
        // No such bucket: a new session would not help.
        return response.status === 404 ? { kind: 'refused', reason: answer.reason } : recordAnswer(answer)
      }
      await response.body?.cancel()
      const { pathname, search } = new URL(location)
      path = pathname + search
      return undefined
    })
  }

  function toSession(body: Buffer, range: string, headers: Record<string, string> = {}): Promise<SessionAnswer> {
    const request = { method: 'PUT' as const, path: path ?? '', body, headers: { ...headers, 'content-range': range } }
    return exchange(async limit => recordAnswer(await read(await send({ ...request, signal: limit }))))
  }

  /** An object that existed before must not be removed by discard. */
  function recordAnswer(answer: SessionAnswer): SessionAnswer {
    if (answer.kind === 'exists') mayBeObject = false
    return answer
  }

  /** True once the named session or object does not exist, even if it never did. */
  async function remove(named: string): Promise<boolean> {
    try {
      return await within(requestMs, undefined, async limit => {
        const response = await send({ method: 'DELETE', path: named, signal: limit })
        await response.body?.cancel()
        return !isTemporary(response.status)
      })
    } catch {
      return false
    }
  }

  /** Sends one request and reads its answer. A missing answer is a temporary error. */
  async function exchange<T = never>(
    work: (limit: AbortSignal) => Promise<T | SessionAnswer>,
  ): Promise<T | SessionAnswer> {
    try {
      return await within(requestMs, signal, work)
    } catch (error) {
      signal?.throwIfAborted()
      return { kind: 'temporary', reason: `no answer: ${fetchReason(error)}` }
    }
  }

  return {
    async put(bytes, at, expected) {
      const refused = path === undefined ? await open() : undefined
      if (refused) return refused
      const total = expected?.size ?? '*'
      const range = bytes.length > 0 ? `${at}-${at + bytes.length - 1}` : '*'
      if (!expected) return toSession(bytes, `bytes ${range}/${total}`)
      mayBeObject = true
      return toSession(bytes, `bytes ${range}/${total}`, { 'x-goog-hash': `md5=${expected.md5}` })
    },
    ask: size => toSession(Buffer.alloc(0), `bytes */${size ?? '*'}`),
    findObject: () => exchange(async limit => read(await send({ method: 'GET', path: objectPath, signal: limit }))),
    isOpen: () => path !== undefined,
    forget() {
      path = undefined
    },
    async discard() {
      if (path !== undefined && !(await remove(path))) return false
      path = undefined
      if (mayBeObject && !(await remove(objectPath))) return false
      mayBeObject = false
      return true
    },
  }
}

async function read(response: Response): Promise<SessionAnswer> {
  if (response.ok) return { kind: 'stored', object: storedObject.parse(await response.json()) }
  if (response.status !== 308) return refusal(response)
  await response.body?.cancel()
  const range = response.headers.get('range')
  // No Range header: the storage has no bytes yet.
  const last = range === null ? -1 : Number(/^bytes=0-(\d{1,15})$/.exec(range)?.[1] ?? Number.NaN)
  return Number.isNaN(last)
    ? { kind: 'refused', reason: `answered with the range "${range}"` }
    : { kind: 'incomplete', received: last + 1 }
}

async function refusal(response: Response): Promise<Exclude<SessionAnswer, { kind: 'stored' | 'incomplete' }>> {
  const text = (await response.text()).slice(0, 300)
  const reason = `answered ${response.status}: ${text}`
  if (isTemporary(response.status)) return { kind: 'temporary', reason }
  if (response.status === 404 || response.status === 410) return { kind: 'gone', reason }
  return { kind: response.status === 412 ? 'exists' : 'refused', reason }
}
