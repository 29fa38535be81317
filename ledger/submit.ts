import { type Connection, reconnect, within } from './connection.ts'
import { reasonOf, type Submitted } from './outcome.ts'

// The SDK keeps the gRPC status only in its words: the connection did not come up, or nothing came back on it.
const outOfReach = /TIMEOUT|DEADLINE_EXCEEDED|no answer within/

/**
 * Sends a signed transaction, once: the SDK's own repetitions would hide whether a refusal answers the first sending or a
 * later one. Never throws for what the network does; throws for bytes that are no transaction.
 */
export async function submit(connection: Connection, bytes: Buffer): Promise<Submitted> {
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
    const [nodeId] = transaction.nodeAccountIds ?? []
    if (nodeId && outOfReach.test(reason)) reconnect(connection, nodeId.toString())
    return { status: 'unknown', reason }
  }
}
