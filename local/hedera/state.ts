import type { proto } from '@hashgraph/proto'
import type { CodeName } from './refusal.ts'

export interface Account {
  id: string
  /** Null for the network's own accounts: nobody can sign for those. */
  key: Buffer | null
  tinybar: bigint
  memo: string
  createdNs: bigint
  /** The tokens that it is associated with: it can hold no other. */
  holdings: Map<string, Holding>
}

export interface Holding {
  units: bigint
  isFrozen: boolean
  sinceNs: bigint
}

/** A fungible token. */
export interface Token {
  id: string
  name: string
  symbol: string
  decimals: number
  treasury: string
  supply: bigint
  supplyKey: Buffer | null
  freezeKey: Buffer | null
  memo: string
  createdNs: bigint
}

export interface TopicMessage {
  sequence: number
  consensusNs: bigint
  content: Buffer
  runningHash: Buffer
  payer: string
  chunkInfo: proto.IConsensusMessageChunkInfo | null
}

export interface Topic {
  id: string
  memo: string
  submitKey: Buffer | null
  messages: TopicMessage[]
  runningHash: Buffer
}

export interface Movement {
  account: string
  tinybar: bigint
}

export interface TokenMovement {
  token: string
  account: string
  units: bigint
}

/** A transaction that reached consensus, successful or not. */
export interface TransactionRecord {
  id: string
  name: string
  consensusNs: bigint
  validStartNs: bigint
  validSeconds: bigint
  node: string
  result: CodeName
  memo: string
  maxFee: bigint
  fee: bigint
  /** Everything it moved, its fee included. */
  movements: Movement[]
  tokenMovements: TokenMovement[]
  /** The account, topic or token that it made or wrote to. */
  entityId: string | null
  receipt: proto.ITransactionReceipt
  hash: Buffer
}

/** The state of the network: the result of replaying the log. */
export interface LedgerState {
  accounts: Map<string, Account>
  topics: Map<string, Topic>
  tokens: Map<string, Token>
  records: Map<string, TransactionRecord>
  /** The records in consensus order. */
  order: TransactionRecord[]
  nextEntity: number
  lastConsensusNs: bigint
}

export const nodeAccount = '0.0.3'
export const feeAccount = '0.0.98'
const genesisTinybar = 50_000_000_000n * 100_000_000n
const firstUserEntity = 1001

export interface Genesis {
  accountId: string
  publicKey: Buffer
}

/** The network before its first transaction: one account holds every HBAR there is. */
export function genesisState({ accountId, publicKey }: Genesis): LedgerState {
  const state: LedgerState = {
    accounts: new Map(),
    topics: new Map(),
    tokens: new Map(),
    records: new Map(),
    order: [],
    nextEntity: firstUserEntity,
    lastConsensusNs: 0n,
  }
  for (const id of [nodeAccount, feeAccount]) addAccount(state, { id, key: null })
  addAccount(state, { id: accountId, key: publicKey, tinybar: genesisTinybar })
  return state
}

export function addAccount(state: LedgerState, account: Pick<Account, 'id' | 'key'> & Partial<Account>): void {
  state.accounts.set(account.id, { tinybar: 0n, memo: '', createdNs: 0n, holdings: new Map(), ...account })
}

export function newEntityId(state: LedgerState): string {
  return `0.0.${state.nextEntity++}`
}

/** Moves amounts that have been checked: every account exists, and no balance ends below zero. */
export function move(state: LedgerState, movements: Movement[]): void {
  for (const { account, tinybar } of movements) state.accounts.get(account)!.tinybar += tinybar
}

/** Likewise: every account is associated with the token. */
export function moveTokens(state: LedgerState, movements: TokenMovement[]): void {
  for (const { token, account, units } of movements) state.accounts.get(account)!.holdings.get(token)!.units += units
}
