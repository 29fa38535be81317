import { proto } from '@hashgraph/proto'
import { AppError } from '../schema/http/errors.ts'

const maxBytes = 8 * 1024
/** The most nodes that one transaction can be sent to. */
export const maxNodes = 3

/** A transaction for one node: `signed.bodyBytes` are the bytes that signatures cover, `body` is their decoded content. */
export interface NodeTransaction {
  signed: proto.SignedTransaction
  body: proto.TransactionBody
}

/**
 * Decodes a transaction so that the content that we read is the content that is signed. A transaction has one body for each
 * node that it may be sent to; the bodies may differ in the node only. Encoding a decoded body must give the same bytes again:
 * a body with an unknown or repeated field is refused, because the network could read it differently.
 * Errors: transaction_refused.
 */
export function unpack(bytes: Buffer): [NodeTransaction, ...NodeTransaction[]] {
  const [first, ...others] = transactionsOf(bytes).map(unpackOne)
  if (!first) throw refused('it has no body')
  const content = withoutNode(first.body)
  if (others.some(({ body }) => !withoutNode(body).equals(content)))
    throw refused('its bodies differ in more than the node')
  const nodes = new Set([first, ...others].map(({ body }) => String(body.nodeAccountID?.accountNum)))
  if (nodes.size !== others.length + 1) throw refused('two of its bodies are for the same node')
  return [first, ...others]
}

/** Encodes signed bodies as one transaction. */
export function pack(signed: proto.ISignedTransaction[]): Buffer {
  const transactionList = signed.map(one => ({
    signedTransactionBytes: proto.SignedTransaction.encode(one).finish(),
  }))
  return Buffer.from(proto.TransactionList.encode({ transactionList }).finish())
}

/** Splits a transaction into one for each of its nodes. Errors: transaction_refused. */
export function splitByNode(bytes: Buffer): { nodeId: string; bytes: Buffer }[] {
  return unpack(bytes).map(({ signed, body }) => ({
    nodeId: `0.0.${body.nodeAccountID?.accountNum}`,
    bytes: pack([signed]),
  }))
}

export function refused(reason: string): AppError {
  return new AppError('transaction_refused', `The transaction is refused: ${reason}.`)
}

function transactionsOf(bytes: Buffer): proto.ITransaction[] {
  if (bytes.length > maxBytes) throw refused(`it is larger than ${maxBytes} bytes`)
  const { transactionList } = decode(() => proto.TransactionList.decode(bytes))
  if (transactionList.length > maxNodes) throw refused(`it has bodies for more than ${maxNodes} nodes`)
  return transactionList
}

function unpackOne(transaction: proto.ITransaction): NodeTransaction {
  requireFields(transaction, ['signedTransactionBytes'])
  const { signedTransactionBytes } = transaction
  if (!signedTransactionBytes) throw refused('one of its bodies is empty')
  const signed = decode(() => proto.SignedTransaction.decode(signedTransactionBytes))
  requireFields(signed, ['sigMap', 'bodyBytes'])
  const body = decode(() => proto.TransactionBody.decode(signed.bodyBytes))
  const again = proto.TransactionBody.encode(body).finish()
  if (!Buffer.from(again).equals(signed.bodyBytes))
    throw refused('its body has unknown or repeated fields, or another encoding than ours')
  return { signed, body }
}

function withoutNode(body: proto.TransactionBody): Buffer {
  return Buffer.from(proto.TransactionBody.encode({ ...body, nodeAccountID: null }).finish())
}

function requireFields(message: object, allowed: string[]): void {
  if (Object.keys(message).some(field => !allowed.includes(field)))
    throw refused('it has fields that are not supported')
}

function decode<T>(read: () => T): T {
  try {
    return read()
  } catch {
    throw refused('its bytes are not a transaction')
  }
}
