import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve as serveNode } from '@hono/node-server'

export interface Listening {
  /** Such as http://127.0.0.1:4100 */
  url: string
  port: number
  server: Server
  /** Stops taking requests, lets those in flight end for `graceMs`, then cuts them. */
  close: (graceMs?: number) => Promise<void>
}

interface App {
  fetch: (request: Request, env?: object) => Response | Promise<Response>
}

/** Serves an app on 127.0.0.1 (or `host`) and resolves once it listens. Rejects when the port is taken. */
export function listen(
  app: App,
  { port = 0, host = '127.0.0.1' }: { port?: number; host?: string } = {},
): Promise<Listening> {
  return new Promise((resolve, reject) => {
    // Its own clean-up would cut whoever still sends half a second after our answer, who then never sees it.
    const options = { fetch: app.fetch, port, hostname: host, autoCleanupIncoming: false }
    const server = serveNode(options, info => {
      resolve({ url: urlOf(info), port: info.port, server, close })
    }) as Server
    server.once('error', reject)

    function close(graceMs = 5000): Promise<void> {
      return new Promise(done => {
        const cut = setTimeout(() => server.closeAllConnections(), graceMs)
        server.close(() => {
          clearTimeout(cut)
          done()
        })
        server.closeIdleConnections()
      })
    }
  })
}

function urlOf({ address, port }: AddressInfo): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
}

/**
 * Calls `stop` once at SIGTERM or SIGINT, then exits; a second signal exits at once. A parent that opened an IPC channel and
 * is gone counts as a SIGTERM, so that no service outlives a killed launcher.
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
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
}

/** Runs a process's main function; a configuration error is told as it is, anything else with its stack. */
export function run(main: () => Promise<void>): void {
  // Until it has said how to stop it there is nothing to put in order: it may be waiting for what will never be there.
  endWithLauncher(exitAtOnce)
  main().catch((error: unknown) => {
    const text = error instanceof Error && error.constructor.name === 'ConfigError' ? error.message : error
    console.error(text)
    process.exit(1)
  })
}

function exitAtOnce(): void {
  process.exit(1)
}

/** Calls `end` when the parent that opened an IPC channel is gone, or has been since before we came to look. */
function endWithLauncher(end: () => void): void {
  if (!process.send) return
  if (process.connected) {
    process.once('disconnect', end)
    process.channel?.unref()
  } else {
    end()
  }
}
