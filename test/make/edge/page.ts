import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import type { WebConfig } from '../../../edge/web/config.ts'
import { startWeb, type Web, type WebDeps } from '../../../edge/web/start.ts'
import type { ThisHost } from '../../../edge/web/this-host.ts'
import { createLog, silentLog } from '../../../runtime/log.ts'
import type { PageSession } from '../../../schema/page/session.ts'
import { user } from './fake-marketplace.ts'
import type { EdgeFixture } from './set-up.ts'

/** The printer's host as the network knows it. */
export const host: ThisHost = {
  names: ['localhost', 'printer', 'printer.local'],
  addresses: ['127.0.0.1', '::1', '192.168.1.20'],
  networks: ['192.168.1.20/24'],
}

export interface PageFixture extends Web {
  url: string
  uiFolder: string
  config: WebConfig
}

/** Serves the page of the fixture's printer on a free port. */
export async function startPage(
  fixture: EdgeFixture,
  options: Partial<WebConfig> = {},
  deps: Partial<WebDeps> = {},
): Promise<PageFixture> {
  const uiFolder = join(fixture.dir, 'ui')
  mkdirSync(join(uiFolder, 'assets'), { recursive: true })
  const config: WebConfig = {
    httpPort: 0,
    https: null,
    hosts: [],
    origins: [],
    networks: [],
    needsLogin: 'auto',
    folder: join(fixture.dir, 'web'),
    ...options,
  }
  const web = await startWeb({
    config,
    edges: [fixture.edge],
    marketplaceUrl: fixture.config.marketplaceUrl,
    uiFolder,
    randomBytes,
    clock: Date.now,
    log: process.env.LMNT_TEST_LOG ? createLog('edge', 'debug') : silentLog,
    readHost: () => host,
    ...deps,
  })
  return { ...web, url: web.httpUrl ?? '', uiFolder, config }
}

export interface PageAnswer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any field of an answer.
  json: any
}

interface Sent {
  method?: string
  headers?: Record<string, string>
  body?: string | Buffer
  ca?: string
  rejectUnauthorized?: boolean
}

/** One request with exactly these headers: fetch would not let a test choose Host or Origin. */
export function send(url: string, { method = 'GET', headers = {}, body, ...tls }: Sent = {}): Promise<PageAnswer> {
  return new Promise((resolve, reject) => {
    const start = url.startsWith('https:') ? httpsRequest : httpRequest
    const request = start(url, { method, headers, ...tls }, response => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8')
        const isJson = /json/.test(response.headers['content-type'] ?? '')
        const json = isJson && text !== '' ? JSON.parse(text.split('\n')[0] ?? '') : null
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** A browser with the page open: it keeps cookies, and sends the headers that the page sends. */
export interface Browser {
  cookies: Map<string, string>
  /** The header with all of them. */
  cookie: () => string
  session: () => PageSession
  /** Headers of every request, which a test may change. */
  headers: Record<string, string>
  get: (path: string) => Promise<PageAnswer>
  post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<PageAnswer>
  call: (method: string, params?: object) => Promise<PageAnswer>
  open: () => Promise<PageSession>
  logIn: (who?: { email: string; password: string }) => Promise<PageAnswer>
}

export function createBrowser(url: string, { ca }: { ca?: string } = {}): Browser {
  const cookies = new Map<string, string>()
  let session: PageSession | null = null
  const browser: Browser = {
    cookies,
    cookie: () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    session: () => {
      if (!session) throw new Error('the page is not open')
      return session
    },
    headers: {},
    get: path => request(path, {}),
    post: (path, body, headers = {}) =>
      request(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: {
          'content-type': 'application/json',
          origin: new URL(url).origin,
          'x-lmnt-csrf': session?.csrf ?? '',
          ...headers,
        },
      }),
    call: (method, params = {}) => browser.post(`api/call/${method}`, params),
    async open() {
      session = (await browser.get('api/session')).json
      return browser.session()
    },
    async logIn({ email, password } = user) {
      if (!session) await browser.open()
      const answer = await browser.post('api/login', { email, password })
      if (answer.status === 200) session = answer.json
      return answer
    },
  }

  async function request(path: string, sent: Sent): Promise<PageAnswer> {
    const cookie = browser.cookie()
    const headers = { ...browser.headers, ...sent.headers, ...(cookie ? { cookie } : {}) }
    const answer = await send(new URL(path, url).href, { ...sent, headers, ...(ca === undefined ? {} : { ca }) })
    for (const one of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(one) ?? []
      cookies.set(name, value)
    }
    return answer
  }
  return browser
}

/** The headers that nginx adds to a request of a browser in the network. */
export const throughNginx = (protocol: 'http' | 'https', name = 'printer.local') => ({
  host: name,
  origin: `${protocol}://${name}`,
  'x-forwarded-for': '192.168.1.50',
  'x-forwarded-proto': protocol,
})
