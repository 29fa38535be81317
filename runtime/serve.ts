import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve as serveNode } from '@hono/node-server'
import { AppError } from '../schema/http/errors.ts'
import { problemContentType, toProblem } from '../schema/http/problem.ts'
import { forbidCoreDumps } from './core-dumps.ts'
import { createLog } from './log.ts'

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

interface App {
  fetch: (request: Request, env?: object) => Response | Promise<Response>
}

// Cloud Run kills the process ten seconds after SIGTERM. The time after the drain is for deliveries and the database.
const drainMs = 8500
const handlersMs = 500
const shutdownMs = 9700

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

/** Waits for `work`, at most `ms`. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, over]).finally(() => clearTimeout(timer))
}

function urlOf({ address, port }: AddressInfo): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
}

/**
 * Calls `stop` once at SIGTERM or SIGINT, then exits: after 9.7 s even if `stop` has not ended, and at once at a second signal. The
 * loss of a parent's IPC channel counts as a SIGTERM, so that no service outlives a killed launcher.
 */
export function onShutdown(stop: () => Promise<void>): void {
  let isStopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => (isStopping ? process.exit(1) : begin()))
  }
  process.off('disconnect', exitAtOnce)
  endWithLauncher(begin)

  function begin(): void {
    if (isStopping) return
    isStopping = true
    setTimeout(() => {
      console.error(`not stopped within ${shutdownMs / 1000} s: exiting with work in progress`)
      process.exit(1)
    }, shutdownMs).unref()
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  }
}

/**
 * Runs a process's main function, with core dumps disabled. A ConfigError is printed as its message, another error with its stack.
 * An unhandled error, such as one from a library's emitter or background promise, is logged for `service` and ends the process.
 */
export function run(service: string, main: () => Promise<void>): void {
  process.on('uncaughtException', (error: unknown, origin) => {
    const err = error instanceof Error ? error : new Error(String(error))
    createLog(service).error({ err, origin }, 'unhandled error: the process exits')
    process.exit(1)
  })
  // Before onShutdown is called there is nothing to close: exit at once.
  endWithLauncher(exitAtOnce)
  if (!forbidCoreDumps()) {
    console.error('Core dumps are enabled: prlimit (util-linux) is missing. Set "ulimit -c 0" or LimitCORE=0.')
  }
  main().catch((error: unknown) => {
    const text = error instanceof Error && error.constructor.name === 'ConfigError' ? error.message : error
    console.error(text)
    process.exit(1)
  })
}

function exitAtOnce(): void {
  process.exit(1)
}

/** Calls `end` when the IPC channel of the parent is closed, also if that has happened already. */
function endWithLauncher(end: () => void): void {
  if (!process.send) return
  if (process.connected) {
    process.once('disconnect', end)
    process.channel?.unref()
  } else {
    end()
  }
}
