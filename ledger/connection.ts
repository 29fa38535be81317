import type { Client } from '@hashgraph/sdk'
import type { RandomBytes } from '../schema/http/ids.ts'

export interface LedgerSettings {
  network: 'local' | 'testnet' | 'mainnet'
  /** The nodes' addresses with their accounts: {"34.94.106.61:50211": "0.0.3"}. Port 50212 is TLS, any other plain. */
  nodes: Record<string, string>
  /** The mirror's REST API, without /api/v1. */
  mirrorUrl: string
  /** Pays the network's fees, and is in every transaction's id. Its key is not here: the CWS alone signs. */
  operatorId: string
  clock: () => Date
  random: RandomBytes
  /** How many times shorter validity is than on the public networks: see runtime/time-scale.ts. */
  timeScale: number
  /** The longest that any one call may take. */
  timeoutMs: number
}

/** What the verbs that speak to the nodes work with. */
export interface Connection {
  sdk: typeof import('@hashgraph/sdk')
  client: Client
  settings: LedgerSettings
}

const httpsPort = '443'

/** Loads the SDK, which takes 0.7 s, and makes its client. The network is not asked: trouble shows at the first call. */
export async function openConnection(settings: LedgerSettings): Promise<Connection> {
  const { nodes, mirrorUrl, timeoutMs } = settings
  const sdk = await import('@hashgraph/sdk')
  const client = sdk.Client.forNetwork({}, { scheduleNetworkUpdate: false })
  useNodes(client, nodes)
  const { hostname, port } = new URL(mirrorUrl)
  client.setMirrorNetwork([`${hostname}:${port || httpsPort}`])
  client.setGrpcDeadline(Math.ceil(timeoutMs / 2))
  client.setRequestTimeout(timeoutMs)
  return { sdk, client, settings }
}

/**
 * Makes the next call to a node connect anew. Of itself gRPC lets ever more time pass, up to two minutes, before it tries
 * again to reach a node that was away.
 */
export function reconnect({ client, settings: { nodes } }: Connection, nodeId: string): void {
  useNodes(client, Object.fromEntries(Object.entries(nodes).filter(([, id]) => id !== nodeId)))
  useNodes(client, nodes)
}

/** A node that failed once is asked again at once, not after 8 to 16 s: with one node there is no other to turn to. */
function useNodes(client: Client, nodes: LedgerSettings['nodes']): void {
  client.setNetwork(nodes)
  client.setNodeMaxBackoff(1)
  client.setNodeMinReadmitPeriod(0)
}

/** Bounds a call of the SDK, whose own limits do not cover every wait. */
export async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
