import { listen } from '../../runtime/serve.ts'
import { type Faults, noFaults } from './faults.ts'
import { publicKeySize } from './keys.ts'
import { mirrorApp } from './mirror/app.ts'
import { viewOf } from './mirror/view.ts'
import { openNetwork } from './network.ts'
import { type ListeningNode, serveNode } from './node.ts'

export interface HederaOptions {
  /** Folder of the ledger; created when missing. */
  dataDir: string
  /** 0, the default, takes a free port. Not 50211: the SDK treats 127.0.0.1:50211 in a way of its own. */
  grpcPort?: number
  /** The ports of further nodes: 0.0.4 and so on. */
  moreNodes?: number[]
  mirrorPort?: number
  /** The account that holds every HBAR at the beginning, and its Ed25519 public key: 64 hex digits. */
  genesis: { accountId: string; publicKey: string }
  clock?: () => Date
  /** Divides the public networks' validity of transactions and life of receipts. */
  timeScale?: number
  faults?: Faults
}

export interface Hedera {
  /** Such as 127.0.0.1:4401: with nodeId, a line of the client's network. */
  grpcAddress: string
  nodeId: string
  /** All nodes: their addresses with their accounts. */
  nodes: Record<string, string>
  mirrorUrl: string
  close: () => Promise<void>
}

const firstNode = 3

/** Starts a Hedera network of one node, or more, with its mirror. Rejects when a port is taken. */
export async function startHedera(options: HederaOptions): Promise<Hedera> {
  const { dataDir, genesis, clock = () => new Date(), timeScale = 1, faults = noFaults() } = options
  const publicKey = Buffer.from(genesis.publicKey, 'hex')
  if (publicKey.length !== publicKeySize) throw new Error('genesis.publicKey must be 64 hex digits')
  const network = openNetwork(dataDir, { accountId: genesis.accountId, publicKey }, clock, timeScale)
  const serving: ListeningNode[] = []
  try {
    for (const [index, port] of [options.grpcPort ?? 0, ...(options.moreNodes ?? [])].entries()) {
      serving.push(await serveNode(network, nodeAccountOf(index), faults, port))
    }
    const mirror = await listen(
      mirrorApp(() => viewOf(network, faults)),
      { port: options.mirrorPort ?? 0 },
    )
    const nodes = serving.map(({ port }, index) => [`127.0.0.1:${port}`, nodeAccountOf(index)] as const)
    return {
      grpcAddress: nodes[0]![0],
      nodeId: nodes[0]![1],
      nodes: Object.fromEntries(nodes),
      mirrorUrl: mirror.url,
      close: async () => {
        for (const node of serving) node.close()
        await mirror.close(0)
        network.close()
      },
    }
  } catch (error) {
    for (const node of serving) node.close()
    network.close()
    throw error
  }
}

function nodeAccountOf(index: number): string {
  return `0.0.${firstNode + index}`
}
