import { avoid, type Connection, reconnect, usableFirst, within } from './connection.ts'
import { reasonOf, type Submitted } from './outcome.ts'
import { splitByNode } from './wire.ts'

// The SDK keeps the gRPC status only in its words: the connection did not come up, or nothing came back on it.
const outOfReach = /TIMEOUT|DEADLINE_EXCEEDED|no answer within/
/** What says something of the node, not of the transaction: another node may take it. */
const nodeTrouble = new Set(['BUSY', 'INVALID_NODE_ACCOUNT', 'PLATFORM_NOT_ACTIVE', 'PLATFORM_TRANSACTION_NOT_CREATED'])
/** How the SDK ends when a node's answer is one that it would send again after. */
const retriedRefusal = /last error being: ([A-Z_]+)$/

/**
 * Sends a signed transaction to one of its nodes, and to the next when that one is away, busy or not the node that it was
 * signed for. Sending it twice is safe: the id is the same, and the network carries it out once. Never throws for what the
 * network does; throws for bytes that are no transaction.
 */
export async function submit(connection: Connection, bytes: Buffer): Promise<Submitted> {
  let refused: Submitted | undefined
  let inDoubt: Submitted | undefined
  for (const { nodeId, bytes: forNode } of usableFirst(connection, splitByNode(bytes))) {
    const sent = await submitOnce(connection, nodeId, forNode)
    if (sent.status === 'accepted' || sent.status === 'duplicate') {
      connection.lastAccepted = nodeId
      return sent
    }
    if (sent.status === 'unknown') inDoubt ??= sent
    else refused = sent
    if (sent.status === 'refused' && !nodeTrouble.has(sent.reason)) break
    avoid(connection, nodeId)
  }
  // What may have worked stays in doubt, whatever another node says.
  return inDoubt ?? refused ?? { status: 'unknown', reason: 'it names no node' }
}

/** Once: the SDK's own repetitions would hide whether a refusal answers the first sending or a later one. */
async function submitOnce(connection: Connection, nodeId: string, bytes: Buffer): Promise<Submitted> {
  const { sdk, client, settings } = connection
  const transaction = sdk.Transaction.fromBytes(bytes).setMaxAttempts(1)
  // Writing it locks its id: otherwise the SDK takes TRANSACTION_EXPIRED for a reason to try again. What
  // setRegenerateTransactionId(false) said when it was built is not in its bytes.
  transaction.toBytes()
  try {
    await within(settings.timeoutMs, transaction.execute(client))
    return { status: 'accepted' }
  } catch (error) {
    if (error instanceof sdk.PrecheckStatusError) {
      const reason = error.status.toString()
      return reason === 'DUPLICATE_TRANSACTION' ? { status: 'duplicate' } : { status: 'refused', reason }
    }
    const reason = reasonOf(error)
    const [, refusal] = retriedRefusal.exec(reason) ?? []
    if (refusal && refusal !== 'UNKNOWN') return { status: 'refused', reason: refusal }
    if (outOfReach.test(reason)) reconnect(connection, nodeId)
    return { status: 'unknown', reason }
  }
}
