import { type Connection, markUnreachable, reachableFirst, reconnect, withTimeout } from './connection.ts'
import { reasonOf, type SubmitResult } from './outcome.ts'
import { splitByNode } from './wire.ts'

// The SDK reports the gRPC status only in the error's message: the connection failed, or no answer arrived.
const unreachable = /TIMEOUT|DEADLINE_EXCEEDED|no answer withTimeout/
/** Statuses that concern the node and not the transaction, which another node may accept. */
const nodeErrors = new Set(['BUSY', 'INVALID_NODE_ACCOUNT', 'PLATFORM_NOT_ACTIVE', 'PLATFORM_TRANSACTION_NOT_CREATED'])
/** The SDK's message when the retries that it wanted to make after a refusal were used up. */
const refusalAfterRetry = /last error being: ([A-Z_]+)$/

/**
 * Sends a signed transaction to one of its nodes, and to the next when that node is unreachable, busy or has another account.
 * Safe to repeat: the network executes one id once. A network error is the answer `unknown`.
 * Errors: transaction_refused for bytes that are no transaction.
 */
export async function submit(connection: Connection, bytes: Buffer): Promise<SubmitResult> {
  let refused: SubmitResult | undefined
  let uncertain: SubmitResult | undefined
  for (const { nodeId, bytes: forNode } of reachableFirst(connection, splitByNode(bytes))) {
    const sent = await submitOnce(connection, nodeId, forNode)
    if (sent.status === 'accepted' || sent.status === 'duplicate') {
      connection.lastAccepted = nodeId
      return sent
    }
    if (sent.status === 'unknown') uncertain ??= sent
    else refused = sent
    if (sent.status === 'refused' && !nodeErrors.has(sent.reason)) break
    markUnreachable(connection, nodeId)
  }
  // A transaction that one node may have accepted stays uncertain, even if another node refused it.
  return uncertain ?? refused ?? { status: 'unknown', reason: 'the transaction names no node' }
}

/** Sends once: with the SDK's retries we could not tell whether a refusal answers the first attempt or a later one. */
async function submitOnce(connection: Connection, nodeId: string, bytes: Buffer): Promise<SubmitResult> {
  const { sdk, client, settings } = connection
  const transaction = sdk.Transaction.fromBytes(bytes).setMaxAttempts(1)
  // toBytes locks the id: otherwise the SDK retries with a new id after TRANSACTION_EXPIRED. The setting
  // setRegenerateTransactionId(false) from build.ts is not part of the bytes.
  transaction.toBytes()
  try {
    await withTimeout(settings.timeoutMs, transaction.execute(client))
    return { status: 'accepted' }
  } catch (error) {
    if (error instanceof sdk.PrecheckStatusError) {
      const reason = error.status.toString()
      return reason === 'DUPLICATE_TRANSACTION' ? { status: 'duplicate' } : { status: 'refused', reason }
    }
    const reason = reasonOf(error)
    const [, refusal] = refusalAfterRetry.exec(reason) ?? []
    if (refusal && refusal !== 'UNKNOWN') return { status: 'refused', reason: refusal }
    if (unreachable.test(reason)) reconnect(connection, nodeId)
    return { status: 'unknown', reason }
  }
}
