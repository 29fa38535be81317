import type { AccountId, TransactionReceipt } from '@hashgraph/sdk'
import { type Connection, within } from './connection.ts'
import { type Receipt, reasonOf, type Settled } from './outcome.ts'

// The SDK waits 250 ms and more between its questions. Consensus takes some three seconds on the public networks, and no
// time on a local one: ask soon, then ever slower.
const minBackoffMs = 25
const maxBackoffMs = 1000
const manyAttempts = 1000

/**
 * Asks the nodes what became of a transaction, until `waitMs` are over; 0 asks once. They remember for three minutes.
 * Never throws for what the network does.
 */
export async function receipt(connection: Connection, transactionId: string, waitMs: number): Promise<Receipt> {
  const { sdk, client, settings } = connection
  const limitMs = waitMs > 0 ? waitMs : settings.timeoutMs
  const query = new sdk.TransactionReceiptQuery()
    .setTransactionId(transactionId)
    .setNodeAccountIds(nodesFrom(connection)) // the SDK's own choice fails at once while no node is known as healthy
    .setValidateStatus(false) // a failure is an answer, too
    .setMinBackoff(minBackoffMs)
    .setMaxBackoff(maxBackoffMs)
    .setMaxAttempts(waitMs > 0 ? manyAttempts : 1)
  try {
    return read(await within(limitMs, query.execute(client, limitMs)))
  } catch (error) {
    return { status: 'unknown', reason: reasonOf(error) }
  }
}

/** All nodes, from a random one on: after consensus each of them knows. */
function nodesFrom({ sdk, settings }: Connection): AccountId[] {
  const ids = Object.values(settings.nodes).map(id => sdk.AccountId.fromString(id))
  const first = settings.random(2).readUInt16BE() % ids.length
  return [...ids.slice(first), ...ids.slice(0, first)]
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
