import type { UnsignedTransaction } from '../../../ledger/build.ts'
import type { Currency } from '../../../schema/http/money.ts'
import type { Context } from '../../context.ts'
import { tokenOf } from '../wallet/index.ts'

export interface Payment {
  payer: string
  payee: string
  /** In the currency's smallest units. */
  amount: bigint
  currency: Currency
}

/** Builds the transfer of a payment. Errors: currency_not_accepted. */
export function buildPayment(
  ctx: Pick<Context, 'ledger' | 'settings'>,
  payment: Payment,
  memo: string,
): Promise<UnsignedTransaction> {
  const { payer, payee, amount, currency } = payment
  const transfers = [
    { account: payer, units: -amount },
    { account: payee, units: amount },
  ]
  return ctx.ledger.buildTransfer({ transfers, token: tokenOf(ctx, currency), memo })
}
