import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

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
  /** The connections that one address may hold. Not given behind a proxy, which all clients share. */
  mostOfAddress?: number
}

/** Ends slow requests and idle connections. No limit applies to an answer, so that a stream of events may stay open. */
const serverOptions = {
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  /** How often Node checks these limits. Its default is half a minute, for which a slow client would hold on. */
  connectionsCheckingInterval: 5000,
  requestTimeout: 60_000,
  keepAliveTimeout: 20_000,
  maxHeaderSize: 16 * 1024,
}
const mostConnections = 128

/** Resolves once it listens; rejects when the port is in use. */
export function listenWeb(onRequest: RequestListener, options: WebListenOptions): Promise<WebListener> {
  const { port, host, tls, mostOfAddress = mostConnections } = options
  const server: Server | SecureServer = tls
    ? createSecureServer({ ...serverOptions, ...tls }, onRequest)
    : createServer(serverOptions, onRequest)
  server.maxConnections = mostConnections
  const connections = openConnections(server, mostOfAddress)
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
    const cut = setTimeout(connections.cut, graceMs)
    await new Promise<void>(done => {
      server.close(() => done())
      server.closeIdleConnections()
    })
    clearTimeout(cut)
  }
}

/** The open connections, before their TLS handshake too, which Node's own list of HTTP connections leaves out. */
function openConnections(server: Server | SecureServer, mostOfAddress: number) {
  const open = new Map<string, Set<Socket>>()
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? ''
    const ofAddress = open.get(address) ?? new Set()
    // One client cannot keep all others out.
    if (ofAddress.size >= mostOfAddress) return void socket.destroy()
    open.set(address, ofAddress.add(socket))
    socket.once('close', () => {
      ofAddress.delete(socket)
      if (ofAddress.size === 0) open.delete(address)
    })
  })
  return {
    cut() {
      for (const sockets of open.values()) for (const socket of sockets) socket.destroy()
    },
  }
}
