import type { Transaction } from '@hashgraph/sdk'
import { scaled } from '../runtime/time-scale.ts'
import { AppError } from '../schema/http/errors.ts'
import type { RandomBytes } from '../schema/http/ids.ts'
import type { Connection } from './connection.ts'
import { formatTransactionId, toDate, toNanos } from './ids.ts'
import { mostNodes } from './wire.ts'

/** A transaction that only lacks its signatures. Its id and, once signed, its bytes are stored before it is sent. */
export interface Built {
  transactionId: string
  bytes: Buffer
  /** After this the network does not take it any more. */
  validUntil: Date
}

export interface Transfer {
  /** Units for each account: negative pays, positive receives; they add up to zero. */
  transfers: { account: string; units: bigint }[]
  /** What is moved; without it HBAR, in tinybar. The network refuses a token that has other decimals. */
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
  /** Tinybar, from the operator. */
  initialBalance: bigint
}

/** A fungible token without an admin key, its supply held by `treasury`, whose key mints and freezes. */
export interface TokenCreate {
  name: string
  symbol: string
  decimals: number
  initialSupply: bigint
  treasury: string
  /** Mints and freezes: 64 hex digits. */
  key: string
}

export interface TopicCreate {
  /** Only who holds this key may write to the topic: 64 hex digits. */
  submitKey: string
  memo: string
}

/** The longest validity that the network allows: it bounds how long an unanswered transaction stays open. */
const validSeconds = 180
// A node refuses what begins in its future. Starting 40 to 50 s back, our clock may be as far ahead; with one that is further
// ahead the network takes a transaction later, while it is valid. Drawing the moment from 10^10 nanoseconds keeps the ids of
// processes with the same operator apart.
const nearestStartNs = 40_000_000_000
const startSpreadNs = 10_000_000_000
const maxMessageBytes = 1024
const nanosPerSecond = 1_000_000_000n

export function buildTransfer(connection: Connection, { transfers, token, memo }: Transfer): Built {
  const { sdk } = connection
  const transaction = new sdk.TransferTransaction().setTransactionMemo(memo)
  for (const { account, units } of transfers) {
    if (token) transaction.addTokenTransferWithDecimals(token.id, account, units, token.decimals)
    else transaction.addHbarTransfer(account, sdk.Hbar.fromTinybars(units.toString()))
  }
  return freeze(connection, transaction)
}

/** Lets an account hold a token. */
export function buildTokenAssociation(connection: Connection, { accountId, tokenId }: TokenAssociation): Built {
  const transaction = new connection.sdk.TokenAssociateTransaction().setAccountId(accountId).setTokenIds([tokenId])
  return freeze(connection, transaction)
}

/** One message in one transaction: what would need chunks is refused. */
export function buildTopicMessage(connection: Connection, { topicId, message }: TopicMessage): Built {
  const content = Buffer.from(message)
  if (content.length === 0 || content.length > maxMessageBytes) {
    throw new AppError(
      'invalid_input',
      `A topic message has 1 to ${maxMessageBytes} bytes, this one ${content.length}.`,
    )
  }
  const transaction = new connection.sdk.TopicMessageSubmitTransaction().setTopicId(topicId).setMessage(content)
  return freeze(connection, transaction)
}

export function buildAccountCreate(connection: Connection, { publicKey, initialBalance }: AccountCreate): Built {
  const { sdk } = connection
  const transaction = new sdk.AccountCreateTransaction()
    .setKeyWithoutAlias(sdk.PublicKey.fromStringED25519(publicKey))
    .setInitialBalance(sdk.Hbar.fromTinybars(initialBalance.toString()))
  return freeze(connection, transaction)
}

export function buildTopicCreate(connection: Connection, { submitKey, memo }: TopicCreate): Built {
  const { sdk } = connection
  const transaction = new sdk.TopicCreateTransaction()
    .setSubmitKey(sdk.PublicKey.fromStringED25519(submitKey))
    .setTopicMemo(memo)
  return freeze(connection, transaction)
}

export function buildTokenCreate(connection: Connection, token: TokenCreate): Built {
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
 * Fixes id, nodes and validity. It gets a body for each of some nodes, drawn at random: when one of them is away or refuses it,
 * another is sent the same transaction. Its id is one, so that the network carries it out once, wherever it came in.
 */
function freeze({ sdk, settings }: Connection, transaction: Transaction): Built {
  const { clock, random, operatorId, nodes } = settings
  const nodeIds = shuffled(Object.values(nodes), random).slice(0, mostNodes)
  if (nodeIds.length === 0) throw new Error('no node is configured')
  const validForS = Math.ceil(scaled(validSeconds, settings))
  const [nearestNs, spreadNs] = [nearestStartNs, startSpreadNs].map(ns => BigInt(Math.ceil(scaled(ns, settings)))) as [
    bigint,
    bigint,
  ]
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

/** Fisher-Yates. */
export function shuffled<T>(items: readonly T[], random: RandomBytes): T[] {
  const left = [...items]
  return items.map(() => left.splice(random(2).readUInt16BE() % left.length, 1)[0]!)
}
