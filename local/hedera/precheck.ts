import { scaled } from '../../runtime/time-scale.ts'
import { accountName, nanosPerSecond, toBigInt } from './ids.ts'
import type { Submission } from './parse.ts'
import { require } from './refusal.ts'
import type { LedgerState } from './state.ts'

/** The fee of every transaction. The log is replayed with it, so a change would alter the history of an existing log. */
export const feeTinybar = 100_000n

const minValidSeconds = 15
const maxValidSeconds = 180
// A node wants this much validity left, so that the transaction can still reach consensus.
const validityBufferSeconds = 10
const maxMemoBytes = 100

/** A node's checks before it accepts a transaction, in a node's order. Throws a Refusal; changes nothing. */
export function precheck(state: LedgerState, submission: Submission, node: string, nowNs: bigint, timeScale = 1): void {
  const { body, handler, payer } = submission
  require(accountName(body.nodeAccountID) === node, 'INVALID_NODE_ACCOUNT')
  require(Buffer.byteLength(body.memo) <= maxMemoBytes, 'MEMO_TOO_LONG')
  checkTime(submission, nowNs, timeScale)
  handler.check(body)
  require(!state.records.has(submission.id), 'DUPLICATE_TRANSACTION')
  const account = state.accounts.get(payer)
  require(account, 'PAYER_ACCOUNT_NOT_FOUND')
  require(account.key && submission.hasSigned(account.key), 'INVALID_SIGNATURE')
  require(toBigInt(body.transactionFee) >= feeTinybar, 'INSUFFICIENT_TX_FEE')
  require(account.tinybar >= feeTinybar, 'INSUFFICIENT_PAYER_BALANCE')
}

function checkTime({ validStartNs, validSeconds }: Submission, nowNs: bigint, timeScale: number): void {
  const short = (seconds: number) => scaled(seconds, { timeScale })
  require(validSeconds >= short(minValidSeconds) &&
    validSeconds <= Math.ceil(short(maxValidSeconds)), 'INVALID_TRANSACTION_DURATION')
  require(validStartNs <= nowNs, 'INVALID_TRANSACTION_START')
  const bufferNs = BigInt(Math.ceil(short(validityBufferSeconds) * Number(nanosPerSecond)))
  const lastMoment = validStartNs + validSeconds * nanosPerSecond - bufferNs
  require(nowNs < lastMoment, 'TRANSACTION_EXPIRED')
}
