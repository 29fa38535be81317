import { AppError } from '../../../schema/http/errors.ts'
import type { Context } from '../../context.ts'

/** 0.1 HBAR: enough for a few transactions. */
const leastTinybar = 10_000_000n

/**
 * Refuses to begin a payment whose network fee our own account cannot pay. When the mirror does not answer, the nodes decide.
 * Errors: operator_account_empty.
 */
export async function requireOperatorFunds(ctx: Pick<Context, 'ledger' | 'log' | 'settings'>): Promise<void> {
  const balance = await ctx.ledger.balance(ctx.settings.operatorId).catch(() => leastTinybar)
  if (balance >= leastTinybar) return
  reportEmptyOperator(ctx)
  throw new AppError('operator_account_empty', operatorEmptyText)
}

/** The message for buyers. */
export const operatorEmptyText =
  'The marketplace cannot pay the network fees of its ledger at the moment. Nothing was charged. Try again later.'

/** Logs an error: until an operator adds HBAR, nothing is paid or recorded. */
export function reportEmptyOperator({ log, settings }: Pick<Context, 'log' | 'settings'>): void {
  log.error(
    { operator_id: settings.operatorId },
    "the operator's account cannot pay the ledger's fees: add HBAR to it; until then nothing is paid or recorded",
  )
}
