import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'

/** The fault of one request. */
export type ProxyFault =
  | { kind: 'pass' }
  /** The proxy answers with this status and does not forward the request. */
  | { kind: 'answer'; status: number }
  /** The server gets the first bytes of the body, then the connection breaks on both sides. */
  | { kind: 'cut'; afterBytes: number }
  /** The server receives and handles the request; its answer is lost with the connection. */
  | { kind: 'lose' }
  /** The answer begins, and breaks off. */
  | { kind: 'cutAnswer' }
  /** No answer for this long; then the connection breaks. */
  | { kind: 'hang'; ms: number }

export interface FaultProxy {
  url: string
  /** Faults for the next requests, one each. Later requests pass. */
  script: (faults: readonly ProxyFault[]) => void
  /** Every request as "PUT 0-262143/*": its method and its Content-Range. */
  requests: string[]
  close: () => Promise<void>
}

/** A proxy in front of one server that injects scripted faults and forwards everything else unchanged. */
export async function startFaultProxy(to: string): Promise<FaultProxy> {
  let faults: ProxyFault[] = []
  const requests: string[] = []
  const server = createServer((req, res) => {
    requests.push(`${req.method} ${req.headers['content-range']?.replace('bytes ', '') ?? ''}`.trim())
    const fault = faults.shift() ?? { kind: 'pass' }
    // Errors are expected: the script breaks connections.
    req.on('error', () => {})
    res.on('error', () => {})
    suffer(fault, req, res)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))

  function suffer(fault: ProxyFault, req: IncomingMessage, res: ServerResponse): void {
    switch (fault.kind) {
      case 'answer':
        req.resume()
        req.once('end', () => res.writeHead(fault.status, { 'content-length': 0 }).end())
        return
      case 'hang':
        req.resume()
        setTimeout(() => req.socket.destroy(), fault.ms).unref()
        return
      case 'cut':
        cut(req, fault.afterBytes)
        return
      default:
        forward(req, res, fault.kind)
    }
  }

  function forward(req: IncomingMessage, res: ServerResponse, kind: 'pass' | 'lose' | 'cutAnswer'): void {
    const upstream = toServer(req, answer => {
      if (kind === 'lose') {
        answer.resume()
        answer.once('close', () => req.socket.destroy())
        return
      }
      // An answer without a body breaks off in its headers.
      if (kind === 'cutAnswer' && !Number(answer.headers['content-length'])) {
        req.socket.destroy()
        return
      }
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      // What breaks off behind the proxy breaks off before it.
      if (kind === 'pass') pipeline(answer, res, error => error && req.socket.destroy())
      else
        answer.once('data', (bytes: Buffer) =>
          res.write(bytes.subarray(0, bytes.length / 2), () => req.socket.destroy()),
        )
    })
    upstream.on('error', () => req.socket.destroy())
    req.pipe(upstream)
  }

  function cut(req: IncomingMessage, afterBytes: number): void {
    const upstream = toServer(req, answer => answer.resume())
    upstream.on('error', () => {})
    let left = afterBytes
    const breakOff = () => {
      upstream.destroy()
      req.socket.destroy()
    }
    req.on('data', (bytes: Buffer) => {
      const part = bytes.subarray(0, left)
      left -= part.length
      upstream.write(part, () => left === 0 && breakOff())
    })
    req.once('end', breakOff)
  }

  function toServer(req: IncomingMessage, onAnswer: (answer: IncomingMessage) => void) {
    // The host stays the proxy's, so that addresses which the server gives lead here.
    return request(to + req.url, { method: req.method ?? 'GET', headers: req.headers, agent: false }, onAnswer)
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    script(next) {
      faults = [...next]
      requests.length = 0
    },
    requests,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
