import { AppError } from '../../../schema/http/errors.ts'
import { type Money, toMoney } from '../../../schema/http/money.ts'
import type { WalletQuery, WalletResponse } from '../../../schema/http/purchases.ts'
import { type Context, requireUser } from '../../context.ts'
import { treasuryOf, walletOf } from './account.ts'
import { acceptedCurrencies, balanceIn } from './balance.ts'

/**
 * A user's account, its balance in each accepted currency, and the fees that are paid from it. Default: a designer's treasury, other
 * users' wallet. The account is made at the first use. Errors: forbidden, cws_unavailable, ledger_unavailable.
 */
export async function getWallet(ctx: Context, query: WalletQuery): Promise<WalletResponse> {
  const { userId, role } = requireUser(ctx)
  const purpose = query.purpose ?? (role === 'designer' ? 'treasury' : 'wallet')
  if (purpose === 'treasury' && role !== 'designer') throw new AppError('forbidden', 'Only designers have a treasury.')
  const { accountId } = await (purpose === 'treasury' ? treasuryOf : walletOf)(ctx, userId)
  const balances = await Promise.all(
    acceptedCurrencies(ctx).map(async currency => toMoney(await balanceIn(ctx, accountId, currency), currency)),
  )
  return { account_id: accountId, network: ctx.settings.network, balances, slicing_fees: slicingFees(ctx) }
}

function slicingFees(ctx: Context): Money[] {
  return acceptedCurrencies(ctx).flatMap(currency => {
    const fee = ctx.settings.slicingFees[currency]
    return fee === undefined ? [] : [toMoney(fee, currency)]
  })
}
