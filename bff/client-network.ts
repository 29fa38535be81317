import { isIP, isIPv6 } from 'node:net'

/** Where a request comes from: the connection's address, and the X-Forwarded-For that came with it. */
export interface Origin {
  remote: string | undefined
  forwardedFor: string | undefined
}

/**
 * The network that a request comes from, for the throttle: an IPv4 address, or the first 64 bits of an IPv6 address, which
 * one customer has as a whole. Each trusted proxy adds the address that it was called from; what stands before those is the
 * caller's own word, and not believed.
 */
export function clientNetwork({ remote, forwardedFor }: Origin, trustedProxies: number): string {
  const forwarded = (forwardedFor ?? '').split(',').map(entry => entry.trim())
  const address = trustedProxies > 0 && forwardedFor ? (forwarded.at(-trustedProxies) ?? forwarded[0]) : remote
  return networkOf(address ?? '')
}

function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!isIP(plain)) return 'unknown'
  if (!isIPv6(plain)) return plain
  return `${hextets(plain).slice(0, 4).join(':')}::/64`
}

/** The eight groups of an IPv6 address, as URLs write them: in lower case, without leading zeros. */
function hextets(address: string): string[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const before = head === '' ? [] : head.split(':')
  if (tail === undefined) return before
  const after = tail === '' ? [] : tail.split(':')
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after]
}
