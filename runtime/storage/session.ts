import { z } from 'zod'
import { mayPass, type SendToStorage, within } from './rest.ts'

export interface Target {
  bucket: string
  name: string
  contentType: string
  metadata?: Record<string, string>
}

/** What the whole object must be. `md5` in base64, as Cloud Storage writes it. */
export interface Expected {
  size: number
  md5: string
}

const storedObject = z.object({ size: z.coerce.number(), md5Hash: z.string() })
export type StoredObject = z.infer<typeof storedObject>

/** What the storage makes of a request to a session. */
export type SessionAnswer =
  | { kind: 'stored'; object: StoredObject }
  /** The storage has the first `received` bytes. */
  | { kind: 'incomplete'; received: number }
  /** Nothing is known of this request: the storage is busy or out of reach. */
  | { kind: 'passing'; reason: string }
  /** The storage does not know the session (any more), or there is an object of the name already. */
  | { kind: 'gone' | 'exists' | 'refused'; reason: string }

export interface Session {
  /** Sends bytes that belong at `at`, in a session that is begun if there is none. With `expected` they are the last. */
  put: (bytes: Buffer, at: number, expected: Expected | undefined) => Promise<SessionAnswer>
  /** Asks how much is there. An upload of which all is there is complete when it is told the `size`. */
  ask: (size: number | undefined) => Promise<SessionAnswer>
  /** The object of the session's name. */
  look: () => Promise<SessionAnswer>
  isBegun: () => boolean
  /** The next put begins a new session. */
  forget: () => void
  /** Takes the session back, and the object if the session may have made it. False when the storage did not answer. */
  discard: () => Promise<boolean>
}

/** A resumable session of Cloud Storage, one request at a time. Nothing here is tried again. */
export function openSession(
  send: SendToStorage,
  { bucket, name, contentType, metadata }: Target,
  { requestMs, signal }: { requestMs: number; signal: AbortSignal | undefined },
): Session {
  const objects = `/storage/v1/b/${encodeURIComponent(bucket)}/o`
  const objectPath = `${objects}/${encodeURIComponent(name)}`
  let path: string | undefined
  let mayBeObject = false

  /** Undefined when it is begun. */
  async function begin(): Promise<SessionAnswer | undefined> {
    const query = `uploadType=resumable&name=${encodeURIComponent(name)}&ifGenerationMatch=0`
    return exchange<undefined>(async limit => {
      const headers = { 'content-type': 'application/json', 'x-upload-content-type': contentType }
      const body = JSON.stringify({ contentType, ...(metadata ? { metadata } : {}) })
      const response = await send({ method: 'POST', path: `/upload${objects}?${query}`, headers, body, signal: limit })
      const location = response.headers.get('location')
      if (!response.ok || !location) {
        const answer = await refusal(response)
        // No bucket: nothing that a new session would mend.
        return response.status === 404 ? { kind: 'refused', reason: answer.reason } : note(answer)
      }
      await response.body?.cancel()
      const { pathname, search } = new URL(location)
      path = pathname + search
      return undefined
    })
  }

  function toSession(body: Buffer, range: string, headers: Record<string, string> = {}): Promise<SessionAnswer> {
    const request = { method: 'PUT' as const, path: path ?? '', body, headers: { ...headers, 'content-range': range } }
    return exchange(async limit => note(await read(await send({ ...request, signal: limit }))))
  }

  /** An object that was there before is not ours to remove. */
  function note(answer: SessionAnswer): SessionAnswer {
    if (answer.kind === 'exists') mayBeObject = false
    return answer
  }

  /** True when what the path names is gone, whatever it was before. */
  async function remove(named: string): Promise<boolean> {
    try {
      return await within(requestMs, undefined, async limit => {
        const response = await send({ method: 'DELETE', path: named, signal: limit })
        await response.body?.cancel()
        return !mayPass(response.status)
      })
    } catch {
      return false
    }
  }

  /** One request and its answer, read to its end. That there is none is an answer, too. */
  async function exchange<T = never>(
    work: (limit: AbortSignal) => Promise<T | SessionAnswer>,
  ): Promise<T | SessionAnswer> {
    try {
      return await within(requestMs, signal, work)
    } catch (error) {
      signal?.throwIfAborted()
      return { kind: 'passing', reason: `no answer: ${describe(error)}` }
    }
  }

  return {
    async put(bytes, at, expected) {
      const refused = path === undefined ? await begin() : undefined
      if (refused) return refused
      const total = expected?.size ?? '*'
      const range = bytes.length > 0 ? `${at}-${at + bytes.length - 1}` : '*'
      if (!expected) return toSession(bytes, `bytes ${range}/${total}`)
      mayBeObject = true
      return toSession(bytes, `bytes ${range}/${total}`, { 'x-goog-hash': `md5=${expected.md5}` })
    },
    ask: size => toSession(Buffer.alloc(0), `bytes */${size ?? '*'}`),
    look: () => exchange(async limit => read(await send({ method: 'GET', path: objectPath, signal: limit }))),
    isBegun: () => path !== undefined,
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
  // Without a Range the storage has nothing yet.
  const last = range === null ? -1 : Number(/^bytes=0-(\d{1,15})$/.exec(range)?.[1] ?? Number.NaN)
  return Number.isNaN(last)
    ? { kind: 'refused', reason: `answered with the range "${range}"` }
    : { kind: 'incomplete', received: last + 1 }
}

async function refusal(response: Response): Promise<Exclude<SessionAnswer, { kind: 'stored' | 'incomplete' }>> {
  const text = (await response.text()).slice(0, 300)
  const reason = `answered ${response.status}: ${text}`
  if (mayPass(response.status)) return { kind: 'passing', reason }
  if (response.status === 404 || response.status === 410) return { kind: 'gone', reason }
  return { kind: response.status === 412 ? 'exists' : 'refused', reason }
}

/** What fetch says is in the cause: "fetch failed" helps nobody. */
function describe(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
}
