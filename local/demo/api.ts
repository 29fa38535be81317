import { fetchReason } from '../../runtime/fetch-reason.ts'
import { problemSchema } from '../../schema/http/problem.ts'

/** A client of the marketplace: JSON over HTTP with a session token. */
export interface Api {
  get: <T>(path: string) => Promise<T>
  post: <T>(path: string, body: unknown) => Promise<T>
  upload: <T>(path: string, form: FormData) => Promise<T>
}

/** An error response of the marketplace, with its stable code. */
export class ApiError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export function createApi(url: string, token?: string): Api {
  const auth: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  async function request<T>(path: string, init: RequestInit): Promise<T> {
    const response = await fetch(url + path, { ...init, headers: { ...auth, ...init.headers } }).catch(error => {
      throw new Error(`${init.method ?? 'GET'} ${path} got no answer from ${url}: ${fetchReason(error)}`, {
        cause: error,
      })
    })
    const body: unknown = await response.json()
    if (response.ok) return body as T
    const problem = problemSchema.safeParse(body)
    if (!problem.success) throw new ApiError('unknown', `${path} answered ${response.status}`)
    throw new ApiError(problem.data.code, `${problem.data.code}: ${problem.data.detail ?? ''}`)
  }
  return {
    get: path => request(path, {}),
    post: (path, body) =>
      request(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    upload: (path, form) => request(path, { method: 'POST', body: form }),
  }
}
