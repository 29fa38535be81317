/** Short forms of calls to the Hedera double by Hedera's own SDK. */
import {
  AccountBalanceQuery,
  AccountCreateTransaction,
  Client,
  Hbar,
  PrivateKey,
  type Transaction,
  TransactionReceiptQuery,
  type TransactionResponse,
  TransferTransaction,
} from '@hashgraph/sdk'

export function clientOf(place: { grpcAddress: string } | Client, key: PrivateKey, accountId = '0.0.2'): Client {
  const nodes = place instanceof Client ? place.network : { [place.grpcAddress]: '0.0.3' }
  const client = Client.forNetwork(nodes, { scheduleNetworkUpdate: false })
  client.setGrpcDeadline(2500) // timers outlive their calls and keep a finished test file running for that long
  return client.setRequestTimeout(5000).setOperator(accountId, key)
}

export function tinybar(amount: number): Hbar {
  return Hbar.fromTinybars(amount)
}

/** A transfer of nothing between two accounts: valid, and changes only the fee. */
export function nothing(): TransferTransaction {
  return new TransferTransaction().addHbarTransfer('0.0.2', 0).addHbarTransfer('0.0.98', 0)
}

export async function newAccount(client: Client, hbar: number): Promise<{ accountId: string; key: PrivateKey }> {
  const key = PrivateKey.generateED25519()
  const made = await new AccountCreateTransaction()
    .setKeyWithoutAlias(key.publicKey)
    .setInitialBalance(new Hbar(hbar))
    .execute(client)
  return { accountId: (await made.getReceipt(client)).accountId!.toString(), key }
}

export async function tinybarOf(client: Client, accountId: string): Promise<number> {
  const { hbars } = await new AccountBalanceQuery().setAccountId(accountId).execute(client)
  return hbars.toTinybars().toNumber()
}

/** The status of a transaction: of its receipt, or of the precheck that refused it. */
export async function outcome(client: Client, transaction: Transaction): Promise<string> {
  let sent: TransactionResponse
  try {
    sent = await transaction.setMaxAttempts(1).execute(client)
  } catch (error) {
    const { status } = error as { status?: object }
    // The SDK retries TRANSACTION_EXPIRED; after its last attempt the code is only in the message.
    return status?.toString() ?? (/error being: (\w+)$/.exec((error as Error).message)?.[1] || String(error))
  }
  const query = new TransactionReceiptQuery().setTransactionId(sent.transactionId).setValidateStatus(false)
  return (await query.execute(client)).status.toString()
}

export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    return String(error)
  }
  return 'was not refused'
}
