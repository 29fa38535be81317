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

/** What a transaction did. */
export interface Effect {
  receipt?: Omit<proto.ITransactionReceipt, 'status'>
  /** What it moved, its fee left out. */
  movements?: Movement[]
  tokenMovements?: TokenMovement[]
  entityId?: string
}

/** One kind of transaction. */
export interface Handler {
  /** What the mirror calls it. */
  name: string
  /** What a node can tell from the transaction alone, before consensus. Throws a Refusal. */
  check: (body: proto.TransactionBody) => void
  /** Checks the rest, then does it: after a Refusal nothing has changed. */
  apply: (body: proto.TransactionBody, turn: Turn) => Effect
}
