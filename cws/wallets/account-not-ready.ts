import { operatorAccountEmpty } from '../../ledger/outcome.ts'
import { AppError } from '../../schema/http/errors.ts'
import type { CwsContext } from '../context.ts'

/**
 * The error for an account that cannot be used yet. `reason` is the ledger's; `sentence` is shown to the caller. An empty
 * operator account is logged as an error, since it stops all new accounts.
 */
export function accountNotReady({ log, settings }: CwsContext, reason: string, sentence: string): AppError {
  const cause = new Error(reason)
  if (reason !== operatorAccountEmpty) return new AppError('ledger_unavailable', `${sentence} Try again.`, { cause })
  log.error(
    { operator_id: settings.operatorId },
    "the operator's account cannot pay the ledger's fees, so no account can be created: add HBAR to it",
  )
  return new AppError(
    'operator_account_empty',
    `${sentence} The marketplace cannot pay the ledger's fee at the moment. Try again later.`,
    { cause },
  )
}
