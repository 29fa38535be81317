import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface WebListener {
  port: number
  /** Takes another certificate for new connections. */
  setCertificate: (certificate: { key: string; cert: string }) => void
  /** Accepts no more connections, and closes the open ones after `graceMs`. */
  close: (graceMs: number) => Promise<void>
}

export interface WebListenOptions {
  port: number
  /** Null: all addresses of this host. */
  host: string | null
  /** Serves https. */
  tls?: { key: string; cert: string }
}

/** Ends slow requests and idle connections. No limit applies to an answer, so that a stream of events may stay open. */
const serverOptions = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 20_000,
  maxHeaderSize: 16 * 1024,
}
const mostConnections = 128

/** Resolves once it listens; rejects when the port is in use. */
export function listenWeb(onRequest: RequestListener, { port, host, tls }: WebListenOptions): Promise<WebListener> {
  const server: Server | SecureServer = tls
    ? createSecureServer({ ...serverOptions, ...tls }, onRequest)
    : createServer(serverOptions, onRequest)
  server.maxConnections = mostConnections
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, ...(host === null ? {} : { host }) }, () => {
      server.off('error', reject)
      resolve({ port: (server.address() as AddressInfo).port, setCertificate, close })
    })
  })

  function setCertificate(certificate: { key: string; cert: string }): void {
    if ('setSecureContext' in server) server.setSecureContext(certificate)
  }

  async function close(graceMs: number): Promise<void> {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs)
    await new Promise<void>(done => {
      server.close(() => done())
      server.closeIdleConnections()
    })
    clearTimeout(cut)
  }
}
