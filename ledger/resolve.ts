import type { Ledger } from './connect.ts'
import { type Failed, neverCarriedOut, type Resolution, type Settled } from './outcome.ts'

export interface OpenTransaction {
  transactionId: string
  /** Signed: the very bytes that were stored before the first sending. */
  bytes: Buffer
  validUntil: Date
  now: Date
  /** How long to wait for consensus after a sending. 0 does not wait. */
  waitMs?: number
  /** True when nobody can have sent it yet: spares the question what became of it. */
  isUnsent?: boolean
}

type Asked = Pick<Ledger, 'submit' | 'receipt' | 'lookup'>

/**
 * One step towards the end of a transaction that was stored, whether or not it was ever sent. Repeat it until it is not
 * `pending`; it can be repeated at any time and from anywhere, because the network carries out one id once.
 *
 * A node's receipt is final, unless it tells of an error of the node's own: then the mirror is asked. Without one, and still valid: send it (again). No longer valid: the mirror has the last word,
 * and only a mirror that is past the validity may say that it never happened. A refusal is not final here, because it says
 * nothing about an earlier sending whose answer was lost.
 */
export async function resolveTransaction(ledger: Asked, open: OpenTransaction): Promise<Resolution> {
  if (!open.isUnsent) {
    const known = await ledger.receipt(open.transactionId)
    if (known.status === 'settled') return withTime(ledger, open, known)
    if (known.status === 'failed') return believe(ledger, open, known)
  }
  return open.now < open.validUntil ? sendAgain(ledger, open) : askMirror(ledger, open)
}

async function sendAgain(ledger: Asked, open: OpenTransaction): Promise<Resolution> {
  const sent = await ledger.submit(open.bytes)
  if (sent.status === 'refused' || sent.status === 'unknown') return { status: 'pending', reason: sent.reason }
  const known = await ledger.receipt(open.transactionId, open.waitMs)
  if (known.status === 'settled') return withTime(ledger, open, known)
  return known.status === 'unknown' ? { status: 'pending', reason: known.reason } : believe(ledger, open, known)
}

/** What a node says when it does not know what became of a transaction, rather than that it failed. */
const doubtful = new Set([
  'UNKNOWN',
  'FAIL_INVALID',
  'FAIL_FEE',
  'FAIL_BALANCE',
  'INVALID_NODE_ACCOUNT',
  'DUPLICATE_TRANSACTION',
])

/** A failure as the receipt has it, unless it tells of trouble in the node: then the mirror says what happened. */
async function believe(ledger: Asked, open: OpenTransaction, failed: Failed): Promise<Resolution> {
  return doubtful.has(failed.reason) ? askMirror(ledger, open) : failed
}

async function askMirror(ledger: Asked, { transactionId, validUntil }: OpenTransaction): Promise<Resolution> {
  const seen = await ledger.lookup(transactionId, validUntil)
  if (seen.status === 'settled' || seen.status === 'failed') return seen
  if (seen.status === 'unknown') return { status: 'pending', reason: seen.reason }
  return seen.isPast
    ? { status: 'failed', reason: neverCarriedOut }
    : { status: 'pending', reason: 'the mirror is not past the end of its validity' }
}

/** Adds the consensus time when the mirror has it already; settled it is in any case. */
async function withTime(
  ledger: Asked,
  { transactionId, validUntil }: OpenTransaction,
  known: Settled,
): Promise<Settled> {
  const seen = await ledger.lookup(transactionId, validUntil)
  return seen.status === 'settled' ? { ...seen, ...known } : known
}
