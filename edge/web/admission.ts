import { AppError } from '../../schema/http/errors.ts'
import { hostNameOf, type WebCaller } from './caller.ts'
import type { WebConfig } from './config.ts'
import { addressTest, clientNetworks } from './networks.ts'
import type { ThisHost } from './this-host.ts'

/** How long the host's names and addresses are believed. */
const freshMs = 10_000

export interface Admission {
  /**
   * Refuses clients that are not of the local network, and a Host that is not this host's: a website of the internet whose name was
   * pointed at this host (DNS rebinding) has that website's name there. Errors: forbidden, host_not_allowed.
   */
  admit: (caller: WebCaller) => void
}

export function createAdmission(config: Pick<WebConfig, 'hosts' | 'networks'>, readHost: () => ThisHost): Admission {
  let known: { at: number; hosts: Set<string>; isClient: (address: string) => boolean } | null = null

  function current() {
    if (known && performance.now() - known.at < freshMs) return known
    const host = readHost()
    // A browser may use a public IPv6 address in the local network: then it is in the same network as this host's.
    const networks = [...clientNetworks, ...host.networks, ...config.networks]
    const hosts = new Set([...host.names, ...host.addresses, ...config.hosts])
    known = { at: performance.now(), hosts, isClient: addressTest(networks) }
    return known
  }

  return {
    admit({ address, host }) {
      const { hosts, isClient } = current()
      if (!isClient(address)) {
        throw new AppError(
          'forbidden',
          'The printer’s page is for the local network. Add yours to "networks" of [web].',
        )
      }
      if (hosts.has(hostNameOf(host))) return
      const advice = 'Open it by its own name or address, or add this one to "hosts" of [web] in lmnt-edge.cfg.'
      throw new AppError('host_not_allowed', `This printer does not know itself by that name. ${advice}`)
    },
  }
}
