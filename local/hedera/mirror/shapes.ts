/** The JSON that the mirror answers with. Amounts are JSON numbers there: beyond 2^53 tinybar they are rounded. */
import { accountName, timestamp, toNanos } from '../ids.ts'
import type { Account, Holding, Token, Topic, TopicMessage, TransactionRecord } from '../state.ts'
import type { Block } from './view.ts'

export function transactionShape(record: TransactionRecord) {
  return {
    bytes: null,
    charged_tx_fee: Number(record.fee),
    consensus_timestamp: timestamp(record.consensusNs),
    entity_id: record.entityId,
    max_fee: record.maxFee.toString(),
    memo_base64: Buffer.from(record.memo).toString('base64'),
    name: record.name,
    node: record.node,
    nonce: 0,
    parent_consensus_timestamp: null,
    result: record.result,
    scheduled: false,
    token_transfers: record.tokenMovements.map(({ token, account, units }) => ({
      token_id: token,
      account,
      amount: Number(units),
      is_approval: false,
    })),
    transaction_hash: record.hash.toString('base64'),
    transaction_id: record.id,
    transfers: transfersShape(record),
    valid_duration_seconds: record.validSeconds.toString(),
    valid_start_timestamp: timestamp(record.validStartNs),
  }
}

/** One line an account, as the mirror sums them. */
function transfersShape({ movements }: TransactionRecord) {
  const sums = new Map<string, bigint>()
  for (const { account, tinybar } of movements) sums.set(account, (sums.get(account) ?? 0n) + tinybar)
  return [...sums]
    .filter(([, tinybar]) => tinybar !== 0n)
    .map(([account, tinybar]) => ({ account, amount: Number(tinybar), is_approval: false }))
}

export function messageShape(topic: Topic, message: TopicMessage) {
  return {
    chunk_info: chunkShape(message),
    consensus_timestamp: timestamp(message.consensusNs),
    message: message.content.toString('base64'),
    payer_account_id: message.payer,
    running_hash: message.runningHash.toString('base64'),
    running_hash_version: 3,
    sequence_number: message.sequence,
    topic_id: topic.id,
  }
}

function chunkShape({ chunkInfo }: TopicMessage) {
  if (!chunkInfo) return null
  const { initialTransactionID: first, number, total } = chunkInfo
  return {
    initial_transaction_id: first
      ? {
          account_id: accountName(first.accountID),
          nonce: first.nonce ?? 0,
          scheduled: first.scheduled ?? false,
          transaction_valid_start: timestamp(toNanos(first.transactionValidStart ?? {})),
        }
      : null,
    number,
    total,
  }
}

export function accountShape(account: Account, untilNs: bigint) {
  return {
    account: account.id,
    balance: { balance: Number(account.tinybar), timestamp: timestamp(untilNs), tokens: tokensShape(account) },
    created_timestamp: timestamp(account.createdNs),
    deleted: false,
    key: account.key ? { _type: 'ED25519', key: account.key.toString('hex') } : null,
    memo: account.memo,
  }
}

export function blockShape({ number, fromNs, toNs }: Block) {
  return { number, timestamp: { from: timestamp(fromNs), to: timestamp(toNs) } }
}

/** An account's balances as /accounts and /balances list them. */
export function tokensShape({ holdings }: Account) {
  return [...holdings].map(([token_id, { units }]) => ({ token_id, balance: Number(units) }))
}

/** One of an account's tokens, as /accounts/{id}/tokens lists it. */
export function holdingShape(token: Token, { units, isFrozen, sinceNs }: Holding) {
  return {
    automatic_association: false,
    balance: Number(units),
    created_timestamp: timestamp(sinceNs),
    decimals: token.decimals,
    freeze_status: token.freezeKey ? (isFrozen ? 'FROZEN' : 'UNFROZEN') : 'NOT_APPLICABLE',
    kyc_status: 'NOT_APPLICABLE',
    token_id: token.id,
  }
}

export function tokenShape(token: Token) {
  const key = (raw: Buffer | null) => raw && { _type: 'ED25519', key: raw.toString('hex') }
  return {
    admin_key: null,
    created_timestamp: timestamp(token.createdNs),
    decimals: token.decimals.toString(),
    deleted: false,
    freeze_key: key(token.freezeKey),
    memo: token.memo,
    name: token.name,
    supply_key: key(token.supplyKey),
    symbol: token.symbol,
    token_id: token.id,
    total_supply: token.supply.toString(),
    treasury_account_id: token.treasury,
    type: 'FUNGIBLE_COMMON',
  }
}
