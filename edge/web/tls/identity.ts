import { BlockList, isIP } from 'node:net'
import type { ThisHost } from '../this-host.ts'

/** What the certificate is for. */
export interface CertificateNames {
  /** In lower case, sorted. */
  names: string[]
  /** Private ones, sorted. */
  addresses: string[]
}

/** The networks that our CA may vouch for: addresses that mean something in a local network only. */
export const privateNetworks = [
  { address: '127.0.0.0', bits: 8 },
  { address: '10.0.0.0', bits: 8 },
  { address: '172.16.0.0', bits: 12 },
  { address: '192.168.0.0', bits: 16 },
  { address: '169.254.0.0', bits: 16 },
  { address: '100.64.0.0', bits: 10 },
  { address: '::1', bits: 128 },
  { address: 'fc00::', bits: 7 },
] as const

const privateList = new BlockList()
for (const { address, bits } of privateNetworks) {
  privateList.addSubnet(address, bits, address.includes(':') ? 'ipv6' : 'ipv4')
}

/** The names and addresses that the certificate is made for, of this host and of lmnt-edge.cfg. */
export function certificateNames(
  host: Pick<ThisHost, 'names' | 'addresses'>,
  configured: readonly string[],
): CertificateNames {
  const all = [...host.names, ...host.addresses, ...configured]
  const isPrivate = (text: string) => privateList.check(text, isIP(text) === 6 ? 'ipv6' : 'ipv4')
  return {
    names: unique(all.filter(text => !isIP(text))),
    addresses: unique(all.filter(text => isIP(text) && isPrivate(text))),
  }
}

/** Whether everything that `wanted` names is in `present`. */
export function covers(present: CertificateNames, wanted: CertificateNames): boolean {
  return (
    wanted.names.every(name => present.names.includes(name)) &&
    wanted.addresses.every(address => present.addresses.includes(address))
  )
}

const unique = (texts: string[]) => [...new Set(texts)].sort()
