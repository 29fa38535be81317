import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Gate {
  /** Starts the gate in front of this address. Returns its own. */
  open: (to: string) => Promise<string>
  /** False: every connection is cut, those that are open too. */
  setUp: (isUp: boolean) => void
  close: () => Promise<void>
}

/** A way to a server that a test can cut and join again. */
export function createGate(): Gate {
  let server: Server | undefined
  let isUp = true
  return {
    async open(to) {
      const { hostname, port } = new URL(to)
      server = createServer((req, res) => {
        if (!isUp) return void req.socket.destroy()
        const { method, url: path, headers } = req
        const upstream = request({ hostname, port, method, path, headers }, answer => {
          res.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(res)
        })
        upstream.on('error', () => res.destroy())
        res.on('close', () => upstream.destroy())
        req.pipe(upstream)
      })
      // Clients hear from the server behind it how long connections stay open, which is longer than Node's five seconds.
      server.keepAliveTimeout = 0
      server.listen(0, '127.0.0.1')
      await new Promise<void>(resolve => server?.once('listening', resolve))
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    },
    setUp(up) {
      isUp = up
      if (!up) server?.closeAllConnections()
    },
    async close() {
      server?.closeAllConnections()
      await new Promise(resolve => server?.close(resolve))
    },
  }
}
