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
  /** The nodes that the transaction may be sent to. */
  nodes: string[]
  /** The most that the network may charge the payer, in tinybar. */
  maxFee: bigint
  validUntil: Date
  memo: string
  /** SHA-256 over the signed bytes of all bodies, in hex. */
  bodyHash: string
}

type Content =
  | {
      kind: 'transfer'
      /** The token that is moved; null for HBAR. */
      token: { id: string; decimals: number } | null
      transfers: { account: string; units: bigint }[]
    }
  | { kind: 'topic_message'; topicId: string; message: Buffer }
  | { kind: 'account_create'; publicKey: string; initialBalance: bigint }

/** The content of a transaction, read only from the bytes that are signed. */
export type DecodedTransaction = Common & Content

const nanosPerSecond = 1_000_000_000n

/**
 * Decodes a transfer, topic message or account creation, signed or not. Errors: transaction_refused for any other kind and for
 * bytes that could be read in two ways.
 */
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
  if (!parsed.success) throw refused('its kind or one of its fields is not supported')
  return parsed.data
}

/** Requires exactly one content: protobuf's "oneof" does not prevent bytes that contain several. */
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
  if (!content || contents.length > 1) throw refused('it must contain exactly one operation')
  return content
}

/** Reads a transfer of HBAR or of one token; both together are refused. */
function transferOf({ transfers, tokenTransfers }: NonNullable<TransactionBody['cryptoTransfer']>): Content {
  const [tokenTransfer] = tokenTransfers
  if (tokenTransfer && transfers.accountAmounts.length > 0) throw refused('it moves HBAR and a token')
  const amounts = tokenTransfer ? tokenTransfer.transfers : transfers.accountAmounts
  if (amounts.length === 0) throw refused('it moves nothing')
  return {
    kind: 'transfer',
    token: tokenTransfer ? { id: tokenTransfer.token, decimals: tokenTransfer.expectedDecimals.value } : null,
    transfers: amounts.map(({ accountID, amount }) => ({ account: accountID, units: amount })),
  }
}
