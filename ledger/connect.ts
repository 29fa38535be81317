import { sharedBalance, tokenBalance } from './balance.ts'
import {
  type AccountCreate,
  buildAccountCreate,
  buildTokenAssociation,
  buildTokenCreate,
  buildTopicCreate,
  buildTopicMessage,
  buildTransfer,
  type TokenAssociation,
  type TokenCreate,
  type TopicCreate,
  type TopicMessage,
  type Transfer,
  type UnsignedTransaction,
} from './build.ts'
import { type Connection, type LedgerSettings, openConnection } from './connection.ts'
import { lookup } from './lookup.ts'
import { mirrorClient } from './mirror.ts'
import type { Lookup, Receipt, SubmitResult } from './outcome.ts'
import { receipt } from './receipt.ts'
import { submit } from './submit.ts'
import { type MessageRange, type StoredMessage, topicMessages } from './topic-messages.ts'

/** The ledger client of bff and CWS. It does not sign: only the CWS uses decode.ts and sign.ts. */
export interface Ledger {
  operatorId: string
  /** The build functions create bytes only; they send nothing. */
  buildTransfer: (transfer: Transfer) => Promise<UnsignedTransaction>
  buildTopicMessage: (message: TopicMessage) => Promise<UnsignedTransaction>
  buildAccountCreate: (account: AccountCreate) => Promise<UnsignedTransaction>
  buildTopicCreate: (topic: TopicCreate) => Promise<UnsignedTransaction>
  buildTokenCreate: (token: TokenCreate) => Promise<UnsignedTransaction>
  buildTokenAssociation: (association: TokenAssociation) => Promise<UnsignedTransaction>
  /** Sends a signed transaction to its nodes in turn until one accepts it. */
  submit: (bytes: Buffer) => Promise<SubmitResult>
  /** Asks the nodes for the result, for up to `waitMs`; without `waitMs` once. */
  receipt: (transactionId: string, waitMs?: number) => Promise<Receipt>
  /** Asks the mirror for the result. */
  lookup: (transactionId: string, validUntil: Date) => Promise<Lookup>
  /** In tinybar. Errors: not_found, ledger_unavailable. */
  balance: (accountId: string) => Promise<bigint>
  /** In the token's smallest unit; null when the account is not associated with it. Errors: not_found, ledger_unavailable. */
  tokenBalance: (accountId: string, tokenId: string) => Promise<bigint | null>
  /** The messages of a topic in order, at most 100. Errors: ledger_unavailable. */
  topicMessages: (topicId: string, range?: MessageRange) => Promise<StoredMessage[]>
  close: () => Promise<void>
}

// For this address the SDK repeats each call up to a thousand times and ignores our settings.
const unusableAddress = '127.0.0.1:50211'

export type ConnectOptions = Omit<LedgerSettings, 'timeoutMs' | 'timeScale'> & {
  timeoutMs?: number
  timeScale?: number
}

/**
 * Creates a ledger client. The SDK is loaded at the first call that needs it, so that a service starts without it. Throws for
 * a configuration that is unsafe: a public network whose mirror is not asked by https.
 */
export async function connectLedger({
  timeoutMs = 10_000,
  timeScale = 1,
  ...options
}: ConnectOptions): Promise<Ledger> {
  const settings = { ...options, timeoutMs, timeScale }
  if (Object.hasOwn(settings.nodes, unusableAddress))
    throw new Error(`LEDGER_NODES: a node at ${unusableAddress} is not supported. Use another port.`)
  if (settings.network !== 'local' && !settings.mirrorUrl.startsWith('https:')) {
    // The mirror's answer can end a payment as failed.
    throw new Error(`LEDGER_MIRROR_URL must begin with https: on ${settings.network}, but is ${settings.mirrorUrl}.`)
  }
  const mirror = mirrorClient(settings.mirrorUrl, timeoutMs)
  let connecting: Promise<Connection> | undefined
  const connection = () => {
    connecting ??= openConnection(settings)
    return connecting
  }
  return {
    operatorId: settings.operatorId,
    buildTransfer: async transfer => buildTransfer(await connection(), transfer),
    buildTopicMessage: async message => buildTopicMessage(await connection(), message),
    buildAccountCreate: async account => buildAccountCreate(await connection(), account),
    buildTopicCreate: async topic => buildTopicCreate(await connection(), topic),
    buildTokenCreate: async token => buildTokenCreate(await connection(), token),
    buildTokenAssociation: async association => buildTokenAssociation(await connection(), association),
    submit: async bytes => submit(await connection(), bytes),
    receipt: async (transactionId, waitMs = 0) => receipt(await connection(), transactionId, waitMs),
    lookup: (transactionId, validUntil) => lookup(mirror, transactionId, validUntil, timeScale),
    balance: sharedBalance(mirror),
    tokenBalance: (accountId, tokenId) => tokenBalance(mirror, accountId, tokenId),
    topicMessages: (topicId, range) => topicMessages(mirror, topicId, range),
    close: async () => (await connecting)?.client.close(),
  }
}
