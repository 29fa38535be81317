import { isIP } from 'node:net'
import { addressTest, certifiedNetworks } from '../networks.ts'
import type { ThisHost } from '../this-host.ts'

/** What the certificate is for. */
export interface CertificateNames {
  /** In lower case, sorted. */
  names: string[]
  /** Private ones, sorted. */
  addresses: string[]
}

const isCertified = addressTest(certifiedNetworks)

/** The names and addresses that the certificate is made for, of this host and of lmnt-edge.cfg. */
export function certificateNames(
  host: Pick<ThisHost, 'names' | 'addresses'>,
  configured: readonly string[],
): CertificateNames {
  const all = [...host.names, ...host.addresses, ...configured]
  return {
    names: unique(all.filter(text => !isIP(text))),
    addresses: unique(all.filter(isCertified)),
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
