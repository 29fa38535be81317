import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve as serveNode } from '@hono/node-server'
import { AppError } from '../schema/http/errors.ts'
import { problemContentType, toProblem } from '../schema/http/problem.ts'
import { atMost } from './deadline.ts'

export interface Listening {
  /** Such as http://127.0.0.1:4100 */
  url: string
  port: number
  server: Server
  /**
   * Accepts no more connections, answers "Connection: close" on the open ones and 503 on /readyz, and waits `graceMs` for requests
   * in flight before it closes their connections. Resolves when their handlers have ended, at most half a second later.
   */
  close: (graceMs?: number) => Promise<void>
}

export interface App {
  fetch: (request: Request, env?: object) => Response | Promise<Response>
}

// Cloud Run gives ten seconds in all (process.ts). The rest is for deliveries and the database.
const drainMs = 8500
const handlersMs = 500
/**
 * How long a connection without a request stays open. Longer than Google's load balancer keeps it (600 s), and than other clients do:
 * the one that closes first must be the client, or it sends a request on a connection that is just being closed.
 */
const keepAliveMs = 620_000

/** Serves an app on 127.0.0.1 (or `host`). Resolves once it listens; rejects when the port is in use. */
export function listen(
  app: App,
  { port = 0, host = '127.0.0.1' }: { port?: number; host?: string } = {},
): Promise<Listening> {
  let isDraining = false
  const handlers = new Set<Promise<unknown>>()
  const answers = new Set<ServerResponse>()

  async function fetch(request: Request, env?: object): Promise<Response> {
    if (isDraining && new URL(request.url).pathname === '/readyz') return stoppingAnswer()
    const handler = Promise.resolve(app.fetch(request, env))
    const settled = handler.then(noop, noop)
    handlers.add(settled)
    settled.then(() => handlers.delete(settled))
    return handler
  }

  return new Promise((resolve, reject) => {
    // The clean-up of node-server would close a connection whose client is still sending half a second after our answer: the
    // client would never read it.
    const options = { fetch, port, hostname: host, autoCleanupIncoming: false }
    const server = serveNode(options, info => {
      resolve({ url: urlOf(info), port: info.port, server, close })
    }) as Server
    server.keepAliveTimeout = keepAliveMs
    server.once('error', reject)
    server.prependListener('request', (_request, answer) => {
      // The answer then has "Connection: close", and the next request goes to another instance.
      answer.shouldKeepAlive &&= !isDraining
      answers.add(answer)
      answer.once('close', () => answers.delete(answer))
    })

    async function close(graceMs = drainMs): Promise<void> {
      isDraining = true
      for (const answer of answers) if (!answer.headersSent) answer.shouldKeepAlive = false
      // For answers whose headers are sent already: do not keep their connections open.
      server.keepAliveTimeout = 50
      const cut = setTimeout(() => server.closeAllConnections(), graceMs)
      await new Promise<void>(done => {
        server.close(() => done())
        server.closeIdleConnections()
      })
      clearTimeout(cut)
      // A handler may still be running after its connection was closed.
      await atMost(handlersMs, Promise.all(handlers))
    }
  })
}

function noop(): void {}

function stoppingAnswer(): Response {
  const problem = toProblem(new AppError('unavailable', 'The service is stopping.'), 'req_stopping')
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': problemContentType },
  })
}

function urlOf({ address, port }: AddressInfo): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
}
