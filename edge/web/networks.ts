import { BlockList, isIP } from 'node:net'

/** Addresses that mean something in a local network only. */
const privateNetworks = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '::1/128',
  'fc00::/7',
]

/** The clients that may see the page: as Moonraker's usual trusted_clients, and the private range of IPv6. */
export const clientNetworks: readonly string[] = [...privateNetworks, 'fe80::/10']

/**
 * The addresses that our CA may vouch for. Not link-local ones of IPv6, which a browser cannot open; but those of carriers and VPNs, which
 * are no clients unless lmnt-edge.cfg says so.
 */
export const certifiedNetworks: readonly string[] = [...privateNetworks, '100.64.0.0/10']

/** "10.0.0.0/8", or an address alone. */
export function parseNetwork(text: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } {
  const [address = '', bits] = text.split('/')
  const family = familyOf(address)
  return { address, bits: Number(bits ?? (family === 'ipv6' ? 128 : 32)), family }
}

/** Returns whether a text is an address in one of the networks. */
export function addressTest(networks: readonly string[]): (text: string) => boolean {
  const list = new BlockList()
  for (const { address, bits, family } of networks.map(parseNetwork)) list.addSubnet(address, bits, family)
  return text => isIP(text) !== 0 && list.check(text, familyOf(text))
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')
