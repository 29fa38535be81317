import { readFileSync } from 'node:fs'
import { createApp } from '../../bff/app.ts'
import { listen } from '../../runtime/serve.ts'
import { AppError } from '../../schema/http/errors.ts'
import type { Problem } from '../../schema/http/problem.ts'
import type { TestContext } from './market.ts'

export interface TestApi {
  url: string
  /** One request; a body that is not a string goes as JSON. */
  ask: (
    method: string,
    path: string,
    options?: { token?: string; body?: unknown; headers?: Record<string, string> },
  ) => Promise<Asked>
  close: () => Promise<void>
}

export interface Asked {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever fields it expects of the answer
  body: any
}

/** The marketplace API on a port, over a test's context. A service token is the account's e-mail after "service:". */
export async function makeApi(market: TestContext): Promise<TestApi> {
  const app = createApp({
    context: market.ctx,
    verifyIdToken: async token => {
      if (token.startsWith('service-')) return `${token.slice('service-'.length)}@test.iam.gserviceaccount.com`
      throw new AppError('unauthenticated', 'The service token is not valid.')
    },
    ready: async () => {
      await market.sql`SELECT 1`
    },
  })
  const listening = await listen(app)
  return {
    url: listening.url,
    close: () => listening.close(0),
    ask: async (method, path, { token, body, headers } = {}) => {
      const response = await fetch(listening.url + path, {
        method,
        headers: {
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.includes('json')
      const asked = { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
      requireDocumented(method, path, asked)
      return asked
    },
  }
}

interface Documented {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema: unknown }> }> }>
  >
}
const documented = JSON.parse(readFileSync('docs/openapi/bff.json', 'utf8')) as Documented

/** Throws when an answer has a status or a code that docs/openapi does not list for its operation. */
export function requireDocumented(
  method: string,
  address: string,
  { status, body }: Pick<Asked, 'status' | 'body'>,
): void {
  const path = address.split('?')[0]!
  const operations = Object.entries(documented.paths)
    .filter(([template]) => new RegExp(`^${template.replace(/\{.*?\}/g, '[^/]+')}$`).test(path))
    .flatMap(([, methods]) => methods[method.toLowerCase()] ?? [])
  if (operations.length === 0) return
  const isListed = operations.some(({ responses }) => {
    const response = responses[status]
    return response && (status < 400 || JSON.stringify(response.content).includes(`"${body?.code}"`))
  })
  const said = `${method} ${path} answered ${status} ${body?.code ?? ''}`
  if (!isListed) throw new Error(`${said}, which docs/openapi/bff.json does not list: see its route's errors`)
}

/** The code of an error answer, checked to be a whole problem+json. */
export function codeOf({ status, headers, body }: Asked): string {
  if (!headers.get('content-type')?.startsWith('application/problem+json')) return `${status} is no problem+json`
  const problem = body as Problem
  return problem.status === status && problem.request_id ? problem.code : 'problem+json is not whole'
}
