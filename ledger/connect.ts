import { balance, tokenBalance } from './balance.ts'
import {
  type AccountCreate,
  type Built,
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
} from './build.ts'
import { type Connection, type LedgerSettings, openConnection } from './connection.ts'
import { lookup } from './lookup.ts'
import { mirrorClient } from './mirror.ts'
import type { Lookup, Receipt, Submitted } from './outcome.ts'
import { receipt } from './receipt.ts'
import { submit } from './submit.ts'
import { type MessageRange, topicMessages, type WrittenMessage } from './topic-messages.ts'

/** The ledger, as bff and CWS see it. Nothing here signs: see decode.ts and sign.ts, which the CWS alone uses. */
export interface Ledger {
  operatorId: string
  /** The build verbs only make bytes: nothing is sent, and nothing is asked. */
  buildTransfer: (transfer: Transfer) => Promise<Built>
  buildTopicMessage: (message: TopicMessage) => Promise<Built>
  buildAccountCreate: (account: AccountCreate) => Promise<Built>
  buildTopicCreate: (topic: TopicCreate) => Promise<Built>
  buildTokenCreate: (token: TokenCreate) => Promise<Built>
  buildTokenAssociation: (association: TokenAssociation) => Promise<Built>
  /** Sends signed bytes, to one of their nodes after the other until one takes them. */
  submit: (bytes: Buffer) => Promise<Submitted>
  /** Asks the nodes for up to `waitMs`; without it, once. */
  receipt: (transactionId: string, waitMs?: number) => Promise<Receipt>
  /** Asks the mirror. */
  lookup: (transactionId: string, validUntil: Date) => Promise<Lookup>
  /** Tinybar. Errors: not_found, ledger_unavailable. */
  balance: (accountId: string) => Promise<bigint>
  /** Of a token, in its units; null when the account is not associated with it. Errors: not_found, ledger_unavailable. */
  tokenBalance: (accountId: string, tokenId: string) => Promise<bigint | null>
  /** Errors: ledger_unavailable. */
  topicMessages: (topicId: string, range?: MessageRange) => Promise<WrittenMessage[]>
  close: () => Promise<void>
}

// At this address the SDK repeats each call up to a thousand times, whatever it is told.
const oddAddress = '127.0.0.1:50211'

export type ConnectOptions = Omit<LedgerSettings, 'timeoutMs' | 'timeScale'> & {
  timeoutMs?: number
  timeScale?: number
}

/** Makes the ledger of these settings. The SDK is loaded at the first call that needs it: a service starts without it. */
export async function connectLedger({
  timeoutMs = 10_000,
  timeScale = 1,
  ...options
}: ConnectOptions): Promise<Ledger> {
  const settings = { ...options, timeoutMs, timeScale }
  if (Object.hasOwn(settings.nodes, oddAddress)) throw new Error(`The ledger's node cannot be at ${oddAddress}.`)
  if (settings.network !== 'local' && !settings.mirrorUrl.startsWith('https:')) {
    // Its word can end a payment as failed.
    throw new Error(`The mirror of ${settings.network} must be asked by https, not at ${settings.mirrorUrl}.`)
  }
  const mirror = mirrorClient(settings.mirrorUrl, timeoutMs)
  let opened: Promise<Connection> | undefined
  const connection = () => {
    opened ??= openConnection(settings)
    return opened
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
    balance: accountId => balance(mirror, accountId),
    tokenBalance: (accountId, tokenId) => tokenBalance(mirror, accountId, tokenId),
    topicMessages: (topicId, range) => topicMessages(mirror, topicId, range),
    close: async () => (await opened)?.client.close(),
  }
}
