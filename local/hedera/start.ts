import { listen } from '../../runtime/serve.ts'
import { type Faults, noFaults } from './faults.ts'
import { publicKeySize } from './keys.ts'
import { mirrorApp } from './mirror/app.ts'
import { viewOf } from './mirror/view.ts'
import { openNetwork } from './network.ts'
import { serveNode } from './node.ts'
import { nodeAccount } from './state.ts'

export interface HederaOptions {
  /** Where the ledger is kept; made when it is not there. */
  dataDir: string
  /** 0, the default, takes a free port. Not 50211: the SDK treats 127.0.0.1:50211 in a way of its own. */
  grpcPort?: number
  mirrorPort?: number
  /** The account that holds every HBAR at the beginning, and its Ed25519 public key: 64 hex digits. */
  genesis: { accountId: string; publicKey: string }
  clock?: () => Date
  /** How many times shorter a transaction's validity and a receipt's life are than on the public networks. */
  timeScale?: number
  faults?: Faults
}

export interface Hedera {
  /** Such as 127.0.0.1:4401: with nodeId, a line of the client's network. */
  grpcAddress: string
  nodeId: string
  mirrorUrl: string
  close: () => Promise<void>
}

/** Starts a Hedera network of one node with its mirror. Rejects when a port is taken. */
export async function startHedera(options: HederaOptions): Promise<Hedera> {
  const { dataDir, genesis, clock = () => new Date(), timeScale = 1, faults = noFaults() } = options
  const publicKey = Buffer.from(genesis.publicKey, 'hex')
  if (publicKey.length !== publicKeySize) throw new Error('genesis.publicKey must be 64 hex digits')
  const network = openNetwork(dataDir, { accountId: genesis.accountId, publicKey }, clock, timeScale)
  try {
    const node = await serveNode(network, faults, options.grpcPort ?? 0)
    try {
      const app = mirrorApp(() => viewOf(network, faults))
      const mirror = await listen(app, { port: options.mirrorPort ?? 0 })
      return {
        grpcAddress: `127.0.0.1:${node.port}`,
        nodeId: nodeAccount,
        mirrorUrl: mirror.url,
        close: async () => {
          node.close()
          await mirror.close(0)
          network.close()
        },
      }
    } catch (error) {
      node.close()
      throw error
    }
  } catch (error) {
    network.close()
    throw error
  }
}
