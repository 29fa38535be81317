import { readFileSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'

/** How this host can be named and reached. */
export interface ThisHost {
  /** In lower case: the host name, the same as NAME.local and in the search domains of its network, and localhost. */
  names: string[]
  /** Without an interface's zone. */
  addresses: string[]
  /** The networks of its interfaces, such as 192.168.1.7/24. */
  networks: string[]
}

/** Reads them anew: addresses change while the edge runs. */
export function thisHost(): ThisHost {
  const name = hostname().toLowerCase()
  const [short = name] = name.split('.')
  const domains = ['local', ...searchDomains()]
  const interfaces = Object.values(networkInterfaces()).flatMap(all => all ?? [])
  return {
    names: [...new Set(['localhost', name, short, ...domains.map(domain => `${short}.${domain}`)])],
    addresses: [...new Set(['127.0.0.1', '::1', ...interfaces.map(one => one.address)])],
    networks: interfaces.flatMap(one => one.cidr ?? []),
  }
}

/** The domain that the network's router gives to its hosts, such as fritz.box. */
function searchDomains(): string[] {
  try {
    const lines = readFileSync('/etc/resolv.conf', 'utf8').split('\n')
    const domains = lines.flatMap(line => /^\s*(?:search|domain)\s+(.+)/.exec(line)?.[1]?.trim().split(/\s+/) ?? [])
    return domains.map(domain => domain.toLowerCase().replace(/\.$/, '')).filter(domain => isHostName(domain))
  } catch {
    return []
  }
}

/** A name that a certificate and a Host header can hold. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(text)
}
