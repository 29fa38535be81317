import { deadline } from '../deadline.ts'

/** Returns an access token for Cloud Storage. `isStale`: the storage refused the last token, so fetch a new one. */
export type AccessToken = (isStale?: boolean) => Promise<string>

export interface StorageRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path and query at the endpoint. */
  path: string
  headers?: Record<string, string>
  body?: Buffer | string
  /** Ends the request with the time-out's or the signal's reason, before or after the answer began. */
  signal: AbortSignal
}

/** Sends one request to Cloud Storage's JSON API with our token. An answer of any status resolves; no answer rejects. */
export type SendToStorage = (request: StorageRequest) => Promise<Response>

export interface RestOptions {
  /** Another address than Google's: locally the double's. */
  apiEndpoint?: string
  accessToken?: AccessToken
}

const googleEndpoint = 'https://storage.googleapis.com'
const scopes = ['https://www.googleapis.com/auth/devstorage.read_write']

export function storageRest({
  apiEndpoint = googleEndpoint,
  accessToken = googleAccessToken(),
}: RestOptions = {}): SendToStorage {
  return async request => {
    const response = await send(request, false)
    if (response.status !== 401) return response
    await response.body?.cancel()
    return send(request, true)
  }

  async function send({ method, path, headers, body, signal }: StorageRequest, isStale: boolean): Promise<Response> {
    const token = await unlessAborted(accessToken(isStale), signal)
    return fetch(apiEndpoint + path, {
      method,
      headers: { ...headers, authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body }),
      // A 308 is no redirect here; and our token must not be sent to another address.
      redirect: 'manual',
      signal,
    })
  }
}

/** Access tokens of our own service account. The library is loaded at the first use; it caches and renews them. */
export function googleAccessToken(): AccessToken {
  const load = async () => {
    const { GoogleAuth } = await import('google-auth-library')
    return new GoogleAuth({ scopes })
  }
  let auth: ReturnType<typeof load> | undefined
  return async isStale => {
    if (isStale || !auth) auth = load()
    const token = await (await auth).getAccessToken()
    if (!token) throw new Error('The metadata server returned no access token.')
    return token
  }
}

/** Runs one request, including the reading of its answer, with a time limit. */
export async function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = deadline(ms, signal)
  try {
    return await work(limit.signal)
  } finally {
    limit.clear()
  }
}

/** For work that supports no signal: stops waiting for it, but does not stop it. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** True for a temporary error: the storage is busy or has failed, and the same request may be sent again. */
export function isTemporary(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
}
