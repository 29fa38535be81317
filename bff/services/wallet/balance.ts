import type { Transfer } from '../../../ledger/build.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { type Currency, currencies } from '../../../schema/http/money.ts'
import type { Context } from '../../context.ts'

type Paying = Pick<Context, 'ledger' | 'settings'>

/** What an account holds, as the mirror has it. Errors: currency_not_accepted, not_found, ledger_unavailable. */
export async function balanceIn(ctx: Paying, accountId: string, currency: Currency): Promise<bigint> {
  const token = tokenOf(ctx, currency)
  if (!token) return ctx.ledger.balance(accountId)
  return (await ctx.ledger.tokenBalance(accountId, token.id)) ?? 0n
}

/** The currencies that this marketplace takes. */
export function acceptedCurrencies({ settings }: Pick<Context, 'settings'>): Currency[] {
  return settings.printTokenId ? ['hbar', 'print'] : ['hbar']
}

/** The token that a currency is on the ledger; undefined for HBAR. Errors: currency_not_accepted. */
export function tokenOf({ settings }: Paying, currency: Currency): Transfer['token'] {
  if (currency === 'hbar') return undefined
  if (!settings.printTokenId) throw currencyNotAccepted()
  return { id: settings.printTokenId, decimals: currencies.print.decimals }
}

/** Refuses PRINT where there is no such token. */
export function requireAcceptedCurrency(ctx: Pick<Context, 'settings'>, currency: Currency): void {
  if (!acceptedCurrencies(ctx).includes(currency)) throw currencyNotAccepted()
}

function currencyNotAccepted(): AppError {
  return new AppError('currency_not_accepted', 'This marketplace does not take PRINT: pay in HBAR ("hbar").')
}
