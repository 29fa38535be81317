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
  /** Until when a node that could not be used is asked last, in milliseconds of performance.now(). */
  troubled: Map<string, number>
  /** The node that took a transaction last: it certainly answers. */
  lastAccepted: string | undefined
}

/** Loads the SDK, which takes 0.7 s, and makes its client. The network is not asked: trouble shows at the first call. */
export async function openConnection(settings: LedgerSettings): Promise<Connection> {
  const { nodes, timeoutMs } = settings
  const sdk = await import('@hashgraph/sdk')
  // Without a mirror: after INVALID_NODE_ACCOUNT the SDK would put the mirror's address book in the place of our nodes.
  const client = sdk.Client.forNetwork({}, { scheduleNetworkUpdate: false })
  useNodes(client, nodes)
  client.setGrpcDeadline(Math.ceil(timeoutMs / 2))
  client.setRequestTimeout(timeoutMs)
  return { sdk, client, settings, troubled: new Map(), lastAccepted: undefined }
}

const avoidedMs = 60_000

/** Remembers that a node could not be used just now. */
export function avoid({ troubled }: Connection, nodeId: string): void {
  troubled.set(nodeId, performance.now() + avoidedMs)
}

/** Those that could be used lately first; otherwise in their order. */
export function usableFirst<T extends { nodeId: string }>({ troubled }: Connection, nodes: T[]): T[] {
  const isTroubled = ({ nodeId }: T) => (troubled.get(nodeId) ?? 0) > performance.now()
  return [...nodes.filter(node => !isTroubled(node)), ...nodes.filter(isTroubled)]
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
