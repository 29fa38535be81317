/** What the ledger can say about a transaction, one union a question. Trouble on the way is `unknown`, never a throw. */

export interface Settled {
  status: 'settled'
  /** "1700000000.000000001": the mirror tells it, some seconds after the receipt. */
  consensusTimestamp?: string
  /** Of a topic message: its number in the topic. */
  topicSequence?: number
  /** Of an account's, a topic's or a token's making: what was made. */
  accountId?: string
  topicId?: string
  tokenId?: string
}

export interface Failed {
  status: 'failed'
  /** Hedera's own word, such as INSUFFICIENT_ACCOUNT_BALANCE; or NOT_FOUND_AFTER_EXPIRY. */
  reason: string
}

export interface Unknown {
  status: 'unknown'
  reason: string
}

/**
 * What became of sending it. `refused`: this sending did nothing, which says nothing about an earlier sending of the same
 * bytes. `duplicate`: the network has it already, so ask. `unknown`: it may have worked.
 */
export type Submitted =
  | { status: 'accepted' }
  | { status: 'duplicate' }
  | { status: 'refused'; reason: string }
  | Unknown

/** What a node remembers of it, for three minutes. `unknown` is also: not yet, and no more. */
export type Receipt = Settled | Failed | Unknown

/** What the mirror has. `isPast`: the mirror has everything up to the end of the transaction's validity, and not this. */
export type Lookup = Settled | Failed | Unknown | { status: 'not_found'; isPast: boolean }

/** Where it stands, all put together. `pending`: ask again later. */
export type Resolution = Settled | Failed | { status: 'pending'; reason: string }

/** Our word for what was never carried out: its validity is over, and the mirror, past that, does not have it. */
export const neverCarriedOut = 'NOT_FOUND_AFTER_EXPIRY'
/** The network's word for a payer that cannot pay its fee; in all our transactions the operator is the payer. */
export const operatorCannotPay = 'INSUFFICIENT_PAYER_BALANCE'

const longestReason = 300

/** Words for an error, of a length that fits a log line and a column. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, longestReason)
}
