import { type Connection, within } from './connection.ts'
import { reasonOf, type Submitted } from './outcome.ts'

/**
 * Sends a signed transaction, once: the SDK's own repetitions would hide whether a refusal answers the first sending or a
 * later one. Never throws for what the network does; throws for bytes that are no transaction.
 */
export async function submit({ sdk, client, settings }: Connection, bytes: Buffer): Promise<Submitted> {
  const transaction = sdk.Transaction.fromBytes(bytes).setMaxAttempts(1)
  try {
    await within(settings.timeoutMs, transaction.execute(client))
    return { status: 'accepted' }
  } catch (error) {
    if (!(error instanceof sdk.PrecheckStatusError)) return { status: 'unknown', reason: reasonOf(error) }
    const reason = error.status.toString()
    return reason === 'DUPLICATE_TRANSACTION' ? { status: 'duplicate' } : { status: 'refused', reason }
  }
}
