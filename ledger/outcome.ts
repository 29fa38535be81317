/** The possible answers about a transaction, one union for each question. Network errors are `unknown`; they are not thrown. */

export interface Settled {
  status: 'settled'
  /** Such as "1700000000.000000001". Only the mirror reports it, some seconds after the receipt. */
  consensusTimestamp?: string
  /** For a topic message: its number in the topic. */
  topicSequence?: number
  /** The id of the account, topic or token that the transaction created. */
  accountId?: string
  topicId?: string
  tokenId?: string
}

export interface Failed {
  status: 'failed'
  /** Hedera's status, such as INSUFFICIENT_ACCOUNT_BALANCE; or NOT_FOUND_AFTER_EXPIRY. */
  reason: string
}

export interface Unknown {
  status: 'unknown'
  reason: string
}

/**
 * The result of sending a transaction. `refused`: this attempt had no effect, but an earlier attempt with the same bytes may
 * have had. `duplicate`: the network already has it, so ask for the receipt. `unknown`: it may have been accepted.
 */
export type SubmitResult =
  | { status: 'accepted' }
  | { status: 'duplicate' }
  | { status: 'refused'; reason: string }
  | Unknown

/** A node's receipt, kept for three minutes. `unknown` also before consensus and after these minutes. */
export type Receipt = Settled | Failed | Unknown

/** The mirror's answer. `isPast`: the mirror is complete beyond the transaction's validity and does not have it. */
export type Lookup = Settled | Failed | Unknown | { status: 'not_found'; isPast: boolean }

/** The state of a transaction from all sources. `pending`: ask again later. */
export type Resolution = Settled | Failed | { status: 'pending'; reason: string }

/** Our reason for a transaction that was never executed: its validity has ended and the mirror does not have it. */
export const notFoundAfterExpiry = 'NOT_FOUND_AFTER_EXPIRY'
/** Hedera's status for a payer that cannot pay the fee. In all our transactions the operator is the payer. */
export const operatorAccountEmpty = 'INSUFFICIENT_PAYER_BALANCE'

const maxReasonLength = 300

/** The message of an error, cut to a length that fits a log line and a database column. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, maxReasonLength)
}
