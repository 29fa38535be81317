import type { Client } from '@hashgraph/sdk'
import type { RandomBytes } from '../schema/http/ids.ts'

export interface LedgerSettings {
  network: 'local' | 'testnet' | 'mainnet'
  /** The account of each node by its address: {"34.94.106.61:50211": "0.0.3"}. Port 50212 uses TLS, any other does not. */
  nodes: Record<string, string>
  /** The address of the mirror's REST API, without /api/v1. */
  mirrorUrl: string
  /** Pays the network's fees and is part of every transaction id. Only the CWS has its key. */
  operatorId: string
  clock: () => Date
  random: RandomBytes
  /** The factor by which validity is shorter than on the public networks: see runtime/time-scale.ts. */
  timeScale: number
  /** The time limit of one call. */
  timeoutMs: number
}

/** The SDK's client with what we know about the nodes. */
export interface Connection {
  sdk: typeof import('@hashgraph/sdk')
  client: Client
  settings: LedgerSettings
  /** The nodes that recently failed, each with the time until which it is tried last, in ms of performance.now(). */
  unreachableUntil: Map<string, number>
  /** The node that accepted the latest transaction, and so is reachable. */
  lastAccepted: string | undefined
}

/** Loads the SDK, which takes 0.7 s, and creates its client. Sends nothing: network errors appear at the first call. */
export async function openConnection(settings: LedgerSettings): Promise<Connection> {
  const { nodes, timeoutMs } = settings
  const sdk = await import('@hashgraph/sdk')
  // No mirror: after INVALID_NODE_ACCOUNT the SDK would replace our nodes by the mirror's address book.
  const client = sdk.Client.forNetwork({}, { scheduleNetworkUpdate: false })
  useNodes(client, nodes)
  client.setGrpcDeadline(Math.ceil(timeoutMs / 2))
  client.setRequestTimeout(timeoutMs)
  return { sdk, client, settings, unreachableUntil: new Map(), lastAccepted: undefined }
}

const unreachableMs = 60_000

/** Marks a node to be tried last for a minute. */
export function markUnreachable({ unreachableUntil }: Connection, nodeId: string): void {
  unreachableUntil.set(nodeId, performance.now() + unreachableMs)
}

/** The nodes in their order, but those marked unreachable last. */
export function reachableFirst<T extends { nodeId: string }>({ unreachableUntil }: Connection, nodes: T[]): T[] {
  const isUnreachable = ({ nodeId }: T) => (unreachableUntil.get(nodeId) ?? 0) > performance.now()
  return [...nodes.filter(node => !isUnreachable(node)), ...nodes.filter(isUnreachable)]
}

/**
 * Makes the next call to a node open a new connection. gRPC itself waits longer after each failure, up to two minutes, before
 * it reconnects.
 */
export function reconnect({ client, settings: { nodes } }: Connection, nodeId: string): void {
  useNodes(client, Object.fromEntries(Object.entries(nodes).filter(([, id]) => id !== nodeId)))
  useNodes(client, nodes)
}

/** Lets the SDK retry a failed node at once instead of after 8 to 16 s: with a single node there is no alternative. */
function useNodes(client: Client, nodes: LedgerSettings['nodes']): void {
  client.setNetwork(nodes)
  client.setNodeMaxBackoff(1)
  client.setNodeMinReadmitPeriod(0)
}

/** Rejects when `work` takes longer than `timeoutMs`. The SDK's own limits do not cover every wait. */
export async function withTimeout<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer withTimeout ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
