import { proto } from '@hashgraph/proto'
import { AppError } from '../schema/http/errors.ts'

const maxBytes = 8 * 1024

/** A transaction as its bytes have it: `signed.bodyBytes` is what a signature covers, `body` is what those bytes say. */
export interface Unpacked {
  signed: proto.SignedTransaction
  body: proto.TransactionBody
}

/**
 * Takes a transaction apart such that what is read is what is signed: one body, in the one encoding that gives exactly
 * these bytes again. So a body with a field that we do not know, or with one given twice, is refused, instead of being
 * read by us in one way and by the network in another. Throws `transaction_refused`.
 */
export function unpack(bytes: Buffer): Unpacked {
  const { signedTransactionBytes } = onlyTransaction(bytes)
  const signed = decode(() => proto.SignedTransaction.decode(signedTransactionBytes))
  requireFields(signed, ['sigMap', 'bodyBytes'])
  const body = decode(() => proto.TransactionBody.decode(signed.bodyBytes))
  const again = proto.TransactionBody.encode(body).finish()
  if (!Buffer.from(again).equals(signed.bodyBytes)) throw refused('its body is not written the usual way')
  return { signed, body }
}

export function pack(signed: proto.ISignedTransaction): Buffer {
  const signedTransactionBytes = proto.SignedTransaction.encode(signed).finish()
  return Buffer.from(proto.TransactionList.encode({ transactionList: [{ signedTransactionBytes }] }).finish())
}

export function refused(reason: string): AppError {
  return new AppError('transaction_refused', `This transaction is not taken: ${reason}.`)
}

function onlyTransaction(bytes: Buffer): proto.ITransaction & { signedTransactionBytes: Uint8Array } {
  if (bytes.length > maxBytes) throw refused('it is too large')
  const { transactionList } = decode(() => proto.TransactionList.decode(bytes))
  const [transaction] = transactionList
  if (!transaction || transactionList.length > 1) throw refused('it must be for one node')
  requireFields(transaction, ['signedTransactionBytes'])
  const { signedTransactionBytes } = transaction
  if (!signedTransactionBytes) throw refused('it is empty')
  return { ...transaction, signedTransactionBytes }
}

function requireFields(message: object, allowed: string[]): void {
  if (Object.keys(message).some(field => !allowed.includes(field)))
    throw refused('it has fields that it should not have')
}

function decode<T>(read: () => T): T {
  try {
    return read()
  } catch {
    throw refused('it cannot be read')
  }
}
