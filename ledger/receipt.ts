import type { AccountId, TransactionReceipt } from '@hashgraph/sdk'
import { shuffled } from './build.ts'
import { type Connection, reachableFirst, withTimeout } from './connection.ts'
import { type Receipt, reasonOf, type Settled } from './outcome.ts'
import { maxNodes } from './wire.ts'

// By default the SDK waits at least 250 ms between requests. Consensus takes about three seconds on the public networks and no
// time on a local one, so we begin sooner and slow down.
const minBackoffMs = 25
const maxBackoffMs = 1000
const unlimitedAttempts = 1000

/**
 * Asks the nodes for the receipt of a transaction for up to `waitMs`; 0 asks up to three nodes once. Nodes keep receipts for
 * three minutes. A network error is the answer `unknown`.
 */
export async function receipt(connection: Connection, transactionId: string, waitMs: number): Promise<Receipt> {
  const { sdk, client, settings } = connection
  const limitMs = waitMs > 0 ? waitMs : settings.timeoutMs
  const nodeIds = nodesFrom(connection)
  const query = new sdk.TransactionReceiptQuery()
    .setTransactionId(transactionId)
    .setNodeAccountIds(nodeIds) // the SDK's own choice fails while it considers no node healthy
    .setValidateStatus(false) // a failed transaction is an answer, not an error
    .setMinBackoff(minBackoffMs)
    .setMaxBackoff(maxBackoffMs)
    .setMaxAttempts(waitMs > 0 ? unlimitedAttempts : Math.min(nodeIds.length, maxNodes))
  try {
    return read(await withTimeout(limitMs, query.execute(client, limitMs)))
  } catch (error) {
    return { status: 'unknown', reason: reasonOf(error) }
  }
}

/** All nodes, because each has the receipt after consensus; the node that answered last first, because a silent one takes seconds. */
function nodesFrom(connection: Connection): AccountId[] {
  const { sdk, settings } = connection
  const nodes = shuffled(Object.values(settings.nodes), settings.random).map(nodeId => ({ nodeId }))
  const ids = reachableFirst(connection, nodes).map(({ nodeId }) => nodeId)
  const answering = ids.filter(id => id === connection.lastAccepted)
  return [...new Set([...answering, ...ids])].map(id => sdk.AccountId.fromString(id))
}

function read(answer: TransactionReceipt): Receipt {
  const status = answer.status.toString()
  if (status !== 'SUCCESS') return { status: 'failed', reason: status }
  const settled: Settled = { status: 'settled' }
  // Protobuf's default, 0, means that there is no sequence number.
  const sequence = answer.topicSequenceNumber?.toNumber()
  if (sequence) settled.topicSequence = sequence
  if (answer.accountId) settled.accountId = answer.accountId.toString()
  if (answer.topicId) settled.topicId = answer.topicId.toString()
  if (answer.tokenId) settled.tokenId = answer.tokenId.toString()
  return settled
}
