import { isIP, isIPv6 } from 'node:net'

/** The origin of a request: the address of its connection and its X-Forwarded-For. */
export interface Origin {
  remote: string | undefined
  forwardedFor: string | undefined
}

/**
 * The network that a request comes from, for the throttle: an IPv4 address, or the first 64 bits of an IPv6 address, which
 * belong to one customer. Each trusted proxy appends the address of its caller; entries before those come from the client and
 * are not trusted.
 */
export function clientNetwork({ remote, forwardedFor }: Origin, trustedProxies: number): string {
  const forwarded = (forwardedFor ?? '').split(',').map(entry => entry.trim())
  const address = trustedProxies > 0 && forwardedFor ? (forwarded.at(-trustedProxies) ?? forwarded[0]) : remote
  return networkOf(address ?? '')
}

/** The network of an address; "unknown" when it is none. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!isIP(plain)) return 'unknown'
  if (!isIPv6(plain)) return plain
  return `${hextets(plain).slice(0, 4).join(':')}::/64`
}

/** The eight groups of an IPv6 address, in the form of URLs: lower case, without leading zeros. */
function hextets(address: string): string[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const before = head === '' ? [] : head.split(':')
  if (tail === undefined) return before
  const after = tail === '' ? [] : tail.split(':')
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after]
}
