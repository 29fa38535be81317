import type { AccountId, TransactionReceipt } from '@hashgraph/sdk'
import { shuffled } from './build.ts'
import { type Connection, usableFirst, within } from './connection.ts'
import { type Receipt, reasonOf, type Settled } from './outcome.ts'
import { mostNodes } from './wire.ts'

// The SDK waits 250 ms and more between its questions. Consensus takes some three seconds on the public networks, and no
// time on a local one: ask soon, then ever slower.
const minBackoffMs = 25
const maxBackoffMs = 1000
const manyAttempts = 1000

/**
 * Asks the nodes what became of a transaction, until `waitMs` are over; 0 asks up to three of them once. They remember for three minutes.
 * Never throws for what the network does.
 */
export async function receipt(connection: Connection, transactionId: string, waitMs: number): Promise<Receipt> {
  const { sdk, client, settings } = connection
  const limitMs = waitMs > 0 ? waitMs : settings.timeoutMs
  const nodeIds = nodesFrom(connection)
  const query = new sdk.TransactionReceiptQuery()
    .setTransactionId(transactionId)
    .setNodeAccountIds(nodeIds) // the SDK's own choice fails at once while no node is known as healthy
    .setValidateStatus(false) // a failure is an answer, too
    .setMinBackoff(minBackoffMs)
    .setMaxBackoff(maxBackoffMs)
    .setMaxAttempts(waitMs > 0 ? manyAttempts : Math.min(nodeIds.length, mostNodes))
  try {
    return read(await within(limitMs, query.execute(client, limitMs)))
  } catch (error) {
    return { status: 'unknown', reason: reasonOf(error) }
  }
}

/** All nodes, since after consensus each of them knows: first the one that answered last, a silent one takes seconds. */
function nodesFrom(connection: Connection): AccountId[] {
  const { sdk, settings } = connection
  const nodes = shuffled(Object.values(settings.nodes), settings.random).map(nodeId => ({ nodeId }))
  const ids = usableFirst(connection, nodes).map(({ nodeId }) => nodeId)
  const answering = ids.filter(id => id === connection.lastAccepted)
  return [...new Set([...answering, ...ids])].map(id => sdk.AccountId.fromString(id))
}

function read(answer: TransactionReceipt): Receipt {
  const status = answer.status.toString()
  if (status !== 'SUCCESS') return { status: 'failed', reason: status }
  const settled: Settled = { status: 'settled' }
  // Zero is what protobuf has where a message has no number.
  const sequence = answer.topicSequenceNumber?.toNumber()
  if (sequence) settled.topicSequence = sequence
  if (answer.accountId) settled.accountId = answer.accountId.toString()
  if (answer.topicId) settled.topicId = answer.topicId.toString()
  if (answer.tokenId) settled.tokenId = answer.tokenId.toString()
  return settled
}
