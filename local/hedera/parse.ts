import { createHash } from 'node:crypto'
import { proto } from '@hashgraph/proto'
import { type Handler, handlers } from './handlers/index.ts'
import { accountName, nanosPerSecond, toBigInt, toNanos, transactionName } from './ids.ts'
import { type HasSigned, signersOf } from './keys.ts'
import { Refusal, require } from './refusal.ts'

const maxTransactionSize = 6144

/** The parts of a received transaction. */
export interface Submission {
  id: string
  payer: string
  validStartNs: bigint
  validUntilNs: bigint
  validSeconds: bigint
  body: proto.TransactionBody
  handler: Handler
  hasSigned: HasSigned
  hash: Buffer
}

/** Parses a Transaction message. Throws a Refusal for one that no node accepts. */
export function parseTransaction(bytes: Buffer): Submission {
  require(bytes.length <= maxTransactionSize, 'TRANSACTION_OVERSIZE')
  const { signed, body, signedBytes } = decode(bytes)
  const { transactionID: id } = body
  require(id?.transactionValidStart && !id.scheduled && !id.nonce, 'INVALID_TRANSACTION_ID')
  const payer = accountName(id.accountID)
  require(payer, 'PAYER_ACCOUNT_NOT_FOUND')
  const handler = body.data ? handlers[body.data] : undefined
  require(handler, body.data ? 'NOT_SUPPORTED' : 'INVALID_TRANSACTION_BODY')
  const validStartNs = toNanos(id.transactionValidStart)
  const validSeconds = toBigInt(body.transactionValidDuration?.seconds)
  return {
    id: transactionName(payer, validStartNs),
    payer,
    validStartNs,
    validUntilNs: validStartNs + validSeconds * nanosPerSecond,
    validSeconds,
    body,
    handler,
    hasSigned: signersOf(signed),
    hash: createHash('sha384').update(signedBytes).digest(),
  }
}

function decode(bytes: Buffer) {
  try {
    const { signedTransactionBytes: signedBytes } = proto.Transaction.decode(bytes)
    const signed = proto.SignedTransaction.decode(signedBytes)
    return { signed, signedBytes, body: proto.TransactionBody.decode(signed.bodyBytes) }
  } catch {
    throw new Refusal('INVALID_TRANSACTION')
  }
}
