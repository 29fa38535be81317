/** Transactions for the ledger that no node ever sees: built, and taken apart and put together again by their bytes. */
import { proto } from '@hashgraph/proto'
import { connectLedger, type Ledger } from '../../ledger/connect.ts'
import { type DecodedTransaction, decodeTransaction } from '../../ledger/decode.ts'
import { isAppError } from '../../schema/http/errors.ts'
import { seededRandom } from './market.ts'

export const random = seededRandom('decode')
export const now = new Date('2026-03-01T12:00:00Z')

export const payment = [
  { account: '0.0.1001', units: -250n },
  { account: '0.0.1002', units: 200n },
  { account: '0.0.98', units: 50n },
]

/** A ledger whose nodes need not be there, as it sends nothing. */
export function connectNowhere(): Promise<Ledger> {
  return connectLedger({
    network: 'local',
    nodes: { '127.0.0.1:1': '0.0.3', '127.0.0.1:2': '0.0.4' },
    mirrorUrl: 'http://127.0.0.1:3',
    operatorId: '0.0.2',
    clock: () => now,
    random,
  })
}

/** Null when it is refused, as it must be: with its own code, and not by any other error. */
export function decodeOrNull(bytes: Buffer): DecodedTransaction | null {
  try {
    return decodeTransaction(bytes)
  } catch (error) {
    if (!isAppError(error, 'transaction_refused')) throw error
    return null
  }
}

export function signedPart(bytes: Buffer): proto.ISignedTransaction {
  const [transaction] = proto.TransactionList.decode(bytes).transactionList
  return proto.SignedTransaction.decode(transaction!.signedTransactionBytes!)
}

export function bodyOf(bytes: Buffer): proto.TransactionBody {
  return proto.TransactionBody.decode(signedPart(bytes).bodyBytes!)
}

/** An unsigned transaction of this body; of several, one for each node. */
export function withBody(...bodies: Uint8Array[]): Buffer {
  const transactionList = bodies.map(bodyBytes => ({
    signedTransactionBytes: proto.SignedTransaction.encode({ bodyBytes, sigMap: { sigPair: [] } }).finish(),
  }))
  return Buffer.from(proto.TransactionList.encode({ transactionList }).finish())
}

/** The same transaction with its body changed by hand, as somebody who took over the bff could. */
export function edit(bytes: Buffer, change: (body: proto.TransactionBody) => void): Buffer {
  const body = bodyOf(bytes)
  change(body)
  return withBody(proto.TransactionBody.encode(body).finish())
}
