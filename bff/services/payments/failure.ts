import { operatorAccountEmpty } from '../../../ledger/outcome.ts'
import type { Failure } from '../../context.ts'
import { operatorEmptyText } from './operator-funds.ts'

const poorWallet: Failure = {
  code: 'insufficient_funds',
  message: 'The wallet did not hold enough. Nothing was charged.',
}
const known: Record<string, Failure> = {
  INSUFFICIENT_ACCOUNT_BALANCE: poorWallet,
  INSUFFICIENT_TOKEN_BALANCE: poorWallet,
  [operatorAccountEmpty]: { code: 'operator_account_empty', message: operatorEmptyText },
}

/** `reason` is the ledger's status, such as INSUFFICIENT_PAYER_BALANCE. */
export function failureOf(reason: string): Failure {
  const message = `The ledger did not execute the payment (${reason}). Nothing was charged.`
  return known[reason] ?? { code: 'payment_failed', message }
}
