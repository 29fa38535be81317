import { createHash } from 'node:crypto'
import type { proto } from '@hashgraph/proto'
import { type TransactionBody, transactionBody } from './body.ts'
import { formatTransactionId, toDate } from './ids.ts'
import { toPlain } from './plain.ts'
import { refused, unpack } from './wire.ts'

interface Common {
  transactionId: string
  /** The account that pays the network's fee. */
  payer: string
  /** The nodes that it may be sent to. */
  nodes: string[]
  /** The most that the network may charge the payer, in tinybar. */
  maxFee: bigint
  validUntil: Date
  memo: string
  /** SHA-256 of what the signatures cover, one body after the other, in hex. */
  bodyHash: string
}

type Content =
  | {
      kind: 'transfer'
      /** What is moved: HBAR when it is null. */
      token: { id: string; decimals: number } | null
      transfers: { account: string; units: bigint }[]
    }
  | { kind: 'topic_message'; topicId: string; message: Buffer }
  | { kind: 'account_create'; publicKey: string; initialBalance: bigint }

/** What a transaction does, read from the bytes that get signed and from nothing else. */
export type DecodedTransaction = Common & Content

const nanosPerSecond = 1_000_000_000n

/** Reads a transaction, signed or not. Throws `transaction_refused` for every other kind, and for any oddity. */
export function decodeTransaction(bytes: Buffer): DecodedTransaction {
  const unpacked = unpack(bytes)
  const [body, ...others] = unpacked.map(({ body }) => read(body)) as [TransactionBody, ...TransactionBody[]]
  const { seconds, nanos } = body.transactionID.transactionValidStart
  const validStartNs = seconds * nanosPerSecond + BigInt(nanos)
  return {
    transactionId: formatTransactionId(body.transactionID.accountID, validStartNs),
    payer: body.transactionID.accountID,
    nodes: [body, ...others].map(({ nodeAccountID }) => nodeAccountID),
    maxFee: body.transactionFee,
    validUntil: toDate(validStartNs + body.transactionValidDuration.seconds * nanosPerSecond),
    memo: body.memo,
    bodyHash: createHash('sha256')
      .update(Buffer.concat(unpacked.map(({ signed }) => signed.bodyBytes)))
      .digest('hex'),
    ...contentOf(body),
  }
}

function read(message: proto.TransactionBody): TransactionBody {
  const parsed = transactionBody.safeParse(toPlain(message))
  if (!parsed.success) throw refused('it is of a kind that is not made here')
  return parsed.data
}

/** Protobuf says "one of", its bytes can hold several: exactly one is taken. */
function contentOf({ cryptoTransfer, consensusSubmitMessage, cryptoCreateAccount }: TransactionBody): Content {
  const contents: Content[] = []
  if (cryptoTransfer) contents.push(transferOf(cryptoTransfer))
  if (consensusSubmitMessage) {
    const { topicID: topicId, message } = consensusSubmitMessage
    contents.push({ kind: 'topic_message', topicId, message })
  }
  if (cryptoCreateAccount) {
    const { key, initialBalance } = cryptoCreateAccount
    contents.push({ kind: 'account_create', publicKey: key.ed25519.toString('hex'), initialBalance })
  }
  const [content] = contents
  if (!content || contents.length > 1) throw refused('it must do exactly one thing')
  return content
}

/** HBAR or one token, never both: what a transfer moves is one amount of one thing. */
function transferOf({ transfers, tokenTransfers }: NonNullable<TransactionBody['cryptoTransfer']>): Content {
  const [ofToken] = tokenTransfers
  if (ofToken && transfers.accountAmounts.length > 0) throw refused('it moves HBAR and a token')
  const amounts = ofToken ? ofToken.transfers : transfers.accountAmounts
  if (amounts.length === 0) throw refused('it moves nothing')
  return {
    kind: 'transfer',
    token: ofToken ? { id: ofToken.token, decimals: ofToken.expectedDecimals.value } : null,
    transfers: amounts.map(({ accountID, amount }) => ({ account: accountID, units: amount })),
  }
}
