import type { Addresses } from './addresses.ts'
import { CallError, problemOf } from './problem.ts'

/** The edge answers within 10 s, with slow answers of the marketplace included. */
const timeLimitMs = 30_000

export interface Client {
  get: <T>(path: string) => Promise<T>
  post: <T>(path: string, body: unknown) => Promise<T>
  postForm: <T>(path: string, form: FormData, idempotencyKey: string) => Promise<T>
}

export interface ClientOptions {
  /** The address of a path of the API, relative to the page's own. */
  address: Addresses['address']
  /** The session's value against forged requests, once the page has read its session. */
  csrf: () => Promise<string>
  /** Reads the session anew. */
  refresh: () => Promise<void>
}

/** Calls of the edge's API. Errors: CallError. */
export function createClient(fetch: typeof globalThis.fetch, { address, csrf, refresh }: ClientOptions): Client {
  async function call<T>(path: string, init: RequestInit): Promise<T> {
    let response: Response
    try {
      const signal = AbortSignal.timeout(timeLimitMs)
      response = await fetch(address(path), { ...init, credentials: 'same-origin', signal })
    } catch {
      throw new CallError('no_answer', "The printer's host does not answer.", 0)
    }
    if (!response.ok) throw await problemOf(response)
    return (await response.json()) as T
  }

  async function send<T>(path: string, body: string | FormData, headers: Record<string, string>): Promise<T> {
    const attempt = async () =>
      call<T>(path, { method: 'POST', headers: { ...headers, 'x-lmnt-csrf': await csrf() }, body })
    try {
      return await attempt()
    } catch (error) {
      // The session is another one: it has ended, or another window has logged in. Nothing was done.
      if (!(error instanceof CallError) || error.code !== 'csrf_required') throw error
      await refresh()
      return attempt()
    }
  }
  return {
    get: path => call(path, {}),
    post: (path, body) => send(path, JSON.stringify(body), { 'content-type': 'application/json' }),
    // Its content-type has the form's boundary, which fetch chooses.
    postForm: (path, form, idempotencyKey) => send(path, form, { 'idempotency-key': idempotencyKey }),
  }
}
