import type { Effect } from './handlers/handler.ts'
import { accountName, toBigInt } from './ids.ts'
import type { Submission } from './parse.ts'
import { feeTinybar } from './precheck.ts'
import { type CodeName, codeNumber, Refusal } from './refusal.ts'
import { feeAccount, type LedgerState, move, nodeAccount } from './state.ts'

/**
 * Carries out a transaction that passed precheck, at its consensus time. The fee is charged also when the transaction fails.
 * A function of the state and its arguments alone: replaying the log gives the same network again.
 */
export function reachConsensus(state: LedgerState, submission: Submission, consensusNs: bigint): void {
  const { id, payer, body, handler, hasSigned } = submission
  const feeMovements = [
    { account: payer, tinybar: -feeTinybar },
    { account: feeAccount, tinybar: feeTinybar },
  ]
  move(state, feeMovements)
  const { result, effect } = attempt(() => handler.apply(body, { state, payer, consensusNs, hasSigned }))
  const record = {
    id,
    name: handler.name,
    consensusNs,
    validStartNs: submission.validStartNs,
    validSeconds: submission.validSeconds,
    node: accountName(body.nodeAccountID) ?? nodeAccount,
    result,
    memo: body.memo,
    maxFee: toBigInt(body.transactionFee),
    fee: feeTinybar,
    movements: [...feeMovements, ...(effect.movements ?? [])],
    tokenMovements: effect.tokenMovements ?? [],
    entityId: effect.entityId ?? null,
    receipt: { ...effect.receipt, status: codeNumber(result) },
    hash: submission.hash,
  }
  state.records.set(id, record)
  state.order.push(record)
  state.lastConsensusNs = consensusNs
}

function attempt(apply: () => Effect): { result: CodeName; effect: Effect } {
  try {
    return { result: 'SUCCESS', effect: apply() }
  } catch (error) {
    if (error instanceof Refusal) return { result: error.code, effect: {} }
    throw error
  }
}
