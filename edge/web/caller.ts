import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** Who sends a request, and how it came here. */
export interface WebCaller {
  /** The browser's address, as far as it is known. */
  address: string
  protocol: 'http' | 'https'
  /** The host and port that the browser asked for, in lower case: the Host header. */
  host: string
  /** Nobody between the browser and this process can read the request: TLS, or the same host. */
  isSecure: boolean
}

interface Incoming {
  /** The address of the other end of the connection. */
  remote: string
  isEncrypted: boolean
  headers: IncomingHttpHeaders
}

/**
 * Reads the facts. The X-Forwarded headers count only from this host, where nginx runs: anybody else could write what they like. A
 * request that nginx hands on without them, and without the browser's Host, cannot be told from a local one by the connection; then its
 * Origin does not fit its Host, and `requireSameOrigin` refuses it.
 */
export function readCaller({ remote, isEncrypted, headers }: Incoming): WebCaller {
  const address = plainAddress(remote)
  const host = (headers.host ?? '').toLowerCase()
  const isFromHere = isLoopback(address)
  const forwardedFor = isFromHere ? lastOf(headers['x-forwarded-for']) : undefined
  const forwardedProtocol = isFromHere ? lastOf(headers['x-forwarded-proto']) : undefined
  const client = forwardedFor !== undefined && isIP(plainAddress(forwardedFor)) ? plainAddress(forwardedFor) : address
  const protocol = isEncrypted || forwardedProtocol === 'https' ? 'https' : 'http'
  const isForwarded = forwardedFor !== undefined || forwardedProtocol !== undefined
  const isLocal =
    isFromHere && isLoopbackHost(host) && (!isForwarded || (forwardedFor !== undefined && isLoopback(client)))
  return { address: client, protocol, host, isSecure: protocol === 'https' || isLocal }
}

/** "printer.local:7183" -> "printer.local", "[::1]:7183" -> "::1". */
export function hostNameOf(host: string): string {
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(host) ?? []
  return bracketed ?? host.replace(/:\d+$/, '').replace(/\.$/, '')
}

function isLoopbackHost(host: string): boolean {
  const name = hostNameOf(host)
  return name === 'localhost' || isLoopback(name)
}

export function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
}

/** Without the form of an IPv4 address in IPv6, and without a zone. */
export function plainAddress(address: string): string {
  return address
    .replace(/^::ffff:(?=\d+\.)/i, '')
    .replace(/%.*$/, '')
    .trim()
}

function lastOf(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header.join(',') : header
  return text?.split(',').at(-1)?.trim().toLowerCase()
}
