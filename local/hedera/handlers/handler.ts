import type { proto } from '@hashgraph/proto'
import type { HasSigned } from '../keys.ts'
import type { LedgerState, Movement, TokenMovement } from '../state.ts'

/** A transaction's turn at consensus. */
export interface Turn {
  state: LedgerState
  payer: string
  consensusNs: bigint
  hasSigned: HasSigned
}

/** The effects of a transaction. */
export interface Effect {
  receipt?: Omit<proto.ITransactionReceipt, 'status'>
  /** The movements, without the fee. */
  movements?: Movement[]
  tokenMovements?: TokenMovement[]
  entityId?: string
}

/** One kind of transaction. */
export interface Handler {
  /** Its name at the mirror. */
  name: string
  /** Checks that need only the transaction, before consensus. Throws a Refusal. */
  check: (body: proto.TransactionBody) => void
  /** Checks the rest, then does it: after a Refusal nothing has changed. */
  apply: (body: proto.TransactionBody, turn: Turn) => Effect
}
