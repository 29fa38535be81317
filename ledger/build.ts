import type { Transaction } from '@hashgraph/sdk'
import { scaled } from '../runtime/time-scale.ts'
import { AppError } from '../schema/http/errors.ts'
import type { RandomBytes } from '../schema/http/ids.ts'
import type { Connection } from './connection.ts'
import { formatTransactionId, toDate, toNanos } from './ids.ts'
import { maxNodes } from './wire.ts'

/** A frozen transaction without signatures. Its id and its signed bytes are stored before it is sent. */
export interface UnsignedTransaction {
  transactionId: string
  bytes: Buffer
  /** The network refuses the transaction after this time. */
  validUntil: Date
}

export interface Transfer {
  /** Smallest units for each account: negative amounts are paid, positive ones received. Their sum is zero. */
  transfers: { account: string; units: bigint }[]
  /** The token to move; without it HBAR, in tinybar. The network refuses wrong decimals. */
  token?: { id: string; decimals: number } | undefined
  memo: string
}

export interface TokenAssociation {
  accountId: string
  tokenId: string
}

export interface TopicMessage {
  topicId: string
  message: string | Buffer
}

export interface AccountCreate {
  /** 64 hex digits. */
  publicKey: string
  /** In tinybar, paid by the operator. */
  initialBalance: bigint
}

/** A fungible token without an admin key. `treasury` receives the initial supply, in smallest units. */
export interface TokenCreate {
  name: string
  symbol: string
  decimals: number
  initialSupply: bigint
  treasury: string
  /** The public key that mints and freezes: 64 hex digits. */
  key: string
}

export interface TopicCreate {
  /** The public key that must sign every message to the topic: 64 hex digits. */
  submitKey: string
  memo: string
}

/** The longest validity that the network allows. It bounds how long a transaction without an answer stays open. */
const validSeconds = 180
// A node refuses a transaction whose validity starts in the future. Starting 40 to 50 s in the past tolerates a clock that is
// up to 40 s ahead; beyond that the network accepts the transaction later, while it is valid. The start is random within 10^10
// nanoseconds, so that processes with the same operator do not choose the same id.
const minStartOffsetNs = 40_000_000_000
const startSpreadNs = 10_000_000_000
const maxMessageBytes = 1024
const nanosPerSecond = 1_000_000_000n

/** Moves HBAR or one token between accounts. */
export function buildTransfer(connection: Connection, { transfers, token, memo }: Transfer): UnsignedTransaction {
  const { sdk } = connection
  const transaction = new sdk.TransferTransaction().setTransactionMemo(memo)
  for (const { account, units } of transfers) {
    if (token) transaction.addTokenTransferWithDecimals(token.id, account, units, token.decimals)
    else transaction.addHbarTransfer(account, sdk.Hbar.fromTinybars(units.toString()))
  }
  return freeze(connection, transaction)
}

/** Associates an account with a token, so that the account can hold it. */
export function buildTokenAssociation(
  connection: Connection,
  { accountId, tokenId }: TokenAssociation,
): UnsignedTransaction {
  const transaction = new connection.sdk.TokenAssociateTransaction().setAccountId(accountId).setTokenIds([tokenId])
  return freeze(connection, transaction)
}

/** One message of 1 to 1024 bytes to a topic. Longer messages would need chunks and are refused. Errors: invalid_input. */
export function buildTopicMessage(connection: Connection, { topicId, message }: TopicMessage): UnsignedTransaction {
  const content = Buffer.from(message)
  if (content.length === 0 || content.length > maxMessageBytes) {
    throw new AppError(
      'invalid_input',
      `A topic message must have 1 to ${maxMessageBytes} bytes; this one has ${content.length}.`,
    )
  }
  const transaction = new connection.sdk.TopicMessageSubmitTransaction().setTopicId(topicId).setMessage(content)
  return freeze(connection, transaction)
}

/** Creates an account with one Ed25519 key. */
export function buildAccountCreate(
  connection: Connection,
  { publicKey, initialBalance }: AccountCreate,
): UnsignedTransaction {
  const { sdk } = connection
  const transaction = new sdk.AccountCreateTransaction()
    .setKeyWithoutAlias(sdk.PublicKey.fromStringED25519(publicKey))
    .setInitialBalance(sdk.Hbar.fromTinybars(initialBalance.toString()))
  return freeze(connection, transaction)
}

/** Creates a topic without an admin key. */
export function buildTopicCreate(connection: Connection, { submitKey, memo }: TopicCreate): UnsignedTransaction {
  const { sdk } = connection
  const transaction = new sdk.TopicCreateTransaction()
    .setSubmitKey(sdk.PublicKey.fromStringED25519(submitKey))
    .setTopicMemo(memo)
  return freeze(connection, transaction)
}

/** Creates a fungible token. */
export function buildTokenCreate(connection: Connection, token: TokenCreate): UnsignedTransaction {
  const { sdk } = connection
  const key = sdk.PublicKey.fromStringED25519(token.key)
  const transaction = new sdk.TokenCreateTransaction()
    .setTokenName(token.name)
    .setTokenSymbol(token.symbol)
    .setDecimals(token.decimals)
    .setInitialSupply(token.initialSupply)
    .setTreasuryAccountId(token.treasury)
    .setSupplyKey(key)
    .setFreezeKey(key)
  return freeze(connection, transaction)
}

/**
 * Sets id, nodes and validity. The transaction gets a body for each of up to three random nodes, so that it can be sent to
 * another node when the first is unreachable or refuses it. All bodies have the same id, which the network executes once.
 */
function freeze({ sdk, settings }: Connection, transaction: Transaction): UnsignedTransaction {
  const { clock, random, operatorId, nodes } = settings
  const nodeIds = shuffled(Object.values(nodes), random).slice(0, maxNodes)
  if (nodeIds.length === 0) throw new Error('the ledger configuration names no node: set LEDGER_NODES')
  const validForS = Math.ceil(scaled(validSeconds, settings))
  const [nearestNs, spreadNs] = [minStartOffsetNs, startSpreadNs].map(ns =>
    BigInt(Math.ceil(scaled(ns, settings))),
  ) as [bigint, bigint]
  const validStartNs = toNanos(clock()) - nearestNs - (random(8).readBigUInt64BE() % spreadNs)
  const validStart = new sdk.Timestamp(Number(validStartNs / nanosPerSecond), Number(validStartNs % nanosPerSecond))
  const frozen = transaction
    .setTransactionId(sdk.TransactionId.withValidStart(sdk.AccountId.fromString(operatorId), validStart))
    .setNodeAccountIds(nodeIds.map(nodeId => sdk.AccountId.fromString(nodeId)))
    .setTransactionValidDuration(validForS)
    .setRegenerateTransactionId(false)
    .freeze()
  return {
    transactionId: formatTransactionId(operatorId, validStartNs),
    bytes: Buffer.from(frozen.toBytes()),
    validUntil: toDate(validStartNs + BigInt(validForS) * nanosPerSecond),
  }
}

/** The items in random order (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], random: RandomBytes): T[] {
  const remaining = [...items]
  return items.map(() => remaining.splice(random(2).readUInt16BE() % remaining.length, 1)[0]!)
}
