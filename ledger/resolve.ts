import type { Ledger } from './connect.ts'
import { type Failed, notFoundAfterExpiry, type Resolution, type Settled } from './outcome.ts'

export interface OpenTransaction {
  transactionId: string
  /** The signed bytes that were stored before the transaction was first sent. */
  bytes: Buffer
  validUntil: Date
  now: Date
  /** How long to wait for consensus after sending. 0 does not wait. */
  waitMs?: number
  /** True when the transaction cannot have been sent yet: skips asking for its receipt first. */
  isUnsent?: boolean
}

type LedgerCalls = Pick<Ledger, 'submit' | 'receipt' | 'lookup'>

/**
 * One step to the final state of a stored transaction, whether or not it was ever sent. Repeat until the state is not
 * `pending`. Any process may repeat it at any time, because the network executes one id once. Throws only for bytes that are
 * no transaction.
 *
 * 1. A node's receipt is final, unless it reports an error of the node itself; then the mirror decides.
 * 2. Without a receipt, a transaction that is still valid is sent (again). A refusal is not final, because an earlier attempt
 *    whose answer was lost may have been accepted.
 * 3. After its validity the mirror decides, and only a mirror that is complete beyond the validity can say that the
 *    transaction was never executed.
 */
export async function resolveTransaction(ledger: LedgerCalls, open: OpenTransaction): Promise<Resolution> {
  if (!open.isUnsent) {
    const receipt = await ledger.receipt(open.transactionId)
    if (receipt.status === 'settled') return addConsensusTime(ledger, open, receipt)
    if (receipt.status === 'failed') return confirmFailure(ledger, open, receipt)
  }
  return open.now < open.validUntil ? send(ledger, open) : askMirror(ledger, open)
}

async function send(ledger: LedgerCalls, open: OpenTransaction): Promise<Resolution> {
  const result = await ledger.submit(open.bytes)
  if (result.status === 'refused' || result.status === 'unknown') return { status: 'pending', reason: result.reason }
  const receipt = await ledger.receipt(open.transactionId, open.waitMs)
  if (receipt.status === 'settled') return addConsensusTime(ledger, open, receipt)
  return receipt.status === 'unknown'
    ? { status: 'pending', reason: receipt.reason }
    : confirmFailure(ledger, open, receipt)
}

/** Statuses that report an error of the node, which does not mean that the transaction failed. */
const nodeErrors = new Set([
  'UNKNOWN',
  'FAIL_INVALID',
  'FAIL_FEE',
  'FAIL_BALANCE',
  'INVALID_NODE_ACCOUNT',
  'DUPLICATE_TRANSACTION',
])

/** Accepts the failure in a receipt, unless it reports an error of the node: then the mirror decides. */
async function confirmFailure(ledger: LedgerCalls, open: OpenTransaction, failed: Failed): Promise<Resolution> {
  return nodeErrors.has(failed.reason) ? askMirror(ledger, open) : failed
}

async function askMirror(ledger: LedgerCalls, { transactionId, validUntil }: OpenTransaction): Promise<Resolution> {
  const answer = await ledger.lookup(transactionId, validUntil)
  if (answer.status === 'settled' || answer.status === 'failed') return answer
  if (answer.status === 'unknown') return { status: 'pending', reason: answer.reason }
  return answer.isPast
    ? { status: 'failed', reason: notFoundAfterExpiry }
    : { status: 'pending', reason: "the mirror is not complete beyond the transaction's validity" }
}

/** Adds the consensus time if the mirror already has it. The transaction is settled in either case. */
async function addConsensusTime(
  ledger: LedgerCalls,
  { transactionId, validUntil }: OpenTransaction,
  receipt: Settled,
): Promise<Settled> {
  const answer = await ledger.lookup(transactionId, validUntil)
  return answer.status === 'settled' ? { ...answer, ...receipt } : receipt
}
