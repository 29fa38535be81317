import type { Built, Transfer } from '../../../ledger/build.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { type Currency, currencies } from '../../../schema/http/money.ts'
import type { Context } from '../../context.ts'

export interface Payment {
  payer: string
  payee: string
  /** In the currency's smallest units. */
  amount: bigint
  currency: Currency
}

type Paying = Pick<Context, 'ledger' | 'settings'>

/** Builds the transfer of a payment. Errors: currency_not_accepted. */
export function buildPayment(ctx: Paying, payment: Payment, memo: string): Promise<Built> {
  const { payer, payee, amount, currency } = payment
  const transfers = [
    { account: payer, units: -amount },
    { account: payee, units: amount },
  ]
  return ctx.ledger.buildTransfer({ transfers, token: tokenOf(ctx, currency), memo })
}

/** What an account holds, as the mirror has it. Errors: currency_not_accepted, not_found, ledger_unavailable. */
export async function balanceIn(ctx: Paying, accountId: string, currency: Currency): Promise<bigint> {
  const token = tokenOf(ctx, currency)
  if (!token) return ctx.ledger.balance(accountId)
  return (await ctx.ledger.tokenBalance(accountId, token.id)) ?? 0n
}

/** The currencies that this marketplace takes. */
export function currenciesTaken({ settings }: Pick<Context, 'settings'>): Currency[] {
  return settings.printTokenId ? ['hbar', 'print'] : ['hbar']
}

function tokenOf({ settings }: Paying, currency: Currency): Transfer['token'] {
  if (currency === 'hbar') return undefined
  if (!settings.printTokenId) throw notTaken()
  return { id: settings.printTokenId, decimals: currencies.print.decimals }
}

/** Refuses PRINT where there is no such token. */
export function requireTaken(ctx: Pick<Context, 'settings'>, currency: Currency): void {
  if (!currenciesTaken(ctx).includes(currency)) throw notTaken()
}

function notTaken(): AppError {
  return new AppError('currency_not_accepted', 'This marketplace does not take PRINT: pay in HBAR ("hbar").')
}
