import { operatorCannotPay } from '../../ledger/outcome.ts'
import { AppError } from '../../schema/http/errors.ts'
import type { CwsContext } from '../context.ts'

/** Why an account cannot be given now, by the ledger's reason; an operator's account that is empty is an alarm. */
export function notYet({ log, settings }: CwsContext, reason: string, sentence: string): AppError {
  const cause = new Error(reason)
  if (reason !== operatorCannotPay) return new AppError('ledger_unavailable', `${sentence} Try again.`, { cause })
  log.error(
    { operator_id: settings.operatorId },
    "the operator's account cannot pay the ledger's fees: add HBAR to it; until then no account is made",
  )
  return new AppError('operator_account_empty', `${sentence} The marketplace cannot pay its fee just now.`, { cause })
}
