import { proto } from '@hashgraph/proto'
import { AppError } from '../schema/http/errors.ts'

const maxBytes = 8 * 1024
/** As many as one transaction may be sent to. */
export const mostNodes = 3

/** A transaction for one node as its bytes have it: `signed.bodyBytes` is what a signature covers, `body` what those bytes say. */
export interface Unpacked {
  signed: proto.SignedTransaction
  body: proto.TransactionBody
}

/**
 * Takes a transaction apart such that what is read is what is signed. It has a body for each node that it may be sent to, and
 * they differ in the node only: one id, which the network carries out once. Each body must be in the one encoding that gives
 * exactly these bytes again. So a body with a field that we do not know, or with one given twice, is refused, instead of
 * being read by us in one way and by the network in another. Throws `transaction_refused`.
 */
export function unpack(bytes: Buffer): [Unpacked, ...Unpacked[]] {
  const [first, ...others] = transactionsOf(bytes).map(unpackOne)
  if (!first) throw refused('it is for no node')
  const content = withoutNode(first.body)
  if (others.some(({ body }) => !withoutNode(body).equals(content))) throw refused('its bodies are not the same')
  const nodes = new Set([first, ...others].map(({ body }) => String(body.nodeAccountID?.accountNum)))
  if (nodes.size !== others.length + 1) throw refused('it names a node twice')
  return [first, ...others]
}

export function pack(signed: proto.ISignedTransaction[]): Buffer {
  const transactionList = signed.map(one => ({
    signedTransactionBytes: proto.SignedTransaction.encode(one).finish(),
  }))
  return Buffer.from(proto.TransactionList.encode({ transactionList }).finish())
}

/** The same transaction for each of its nodes by itself. Throws `transaction_refused`. */
export function splitByNode(bytes: Buffer): { nodeId: string; bytes: Buffer }[] {
  return unpack(bytes).map(({ signed, body }) => ({
    nodeId: `0.0.${body.nodeAccountID?.accountNum}`,
    bytes: pack([signed]),
  }))
}

export function refused(reason: string): AppError {
  return new AppError('transaction_refused', `This transaction is not taken: ${reason}.`)
}

function transactionsOf(bytes: Buffer): proto.ITransaction[] {
  if (bytes.length > maxBytes) throw refused('it is too large')
  const { transactionList } = decode(() => proto.TransactionList.decode(bytes))
  if (transactionList.length > mostNodes) throw refused('it is for too many nodes')
  return transactionList
}

function unpackOne(transaction: proto.ITransaction): Unpacked {
  requireFields(transaction, ['signedTransactionBytes'])
  const { signedTransactionBytes } = transaction
  if (!signedTransactionBytes) throw refused('it is empty')
  const signed = decode(() => proto.SignedTransaction.decode(signedTransactionBytes))
  requireFields(signed, ['sigMap', 'bodyBytes'])
  const body = decode(() => proto.TransactionBody.decode(signed.bodyBytes))
  const again = proto.TransactionBody.encode(body).finish()
  if (!Buffer.from(again).equals(signed.bodyBytes)) throw refused('its body is not written the usual way')
  return { signed, body }
}

function withoutNode(body: proto.TransactionBody): Buffer {
  return Buffer.from(proto.TransactionBody.encode({ ...body, nodeAccountID: null }).finish())
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
