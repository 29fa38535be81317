/** What a transfer must look like to be signed here. Pure: what is on the payee list, and what was spent, is asked elsewhere. */

import type { DecodedTransaction } from '../../ledger/decode.ts'
import { AppError } from '../../schema/http/errors.ts'
import { type Currency, currencies } from '../../schema/http/money.ts'

export interface Spending {
  accountId: string
  currency: Currency
  /** What the account loses, in the currency's smallest units. */
  amount: bigint
  payees: string[]
}

export type Transfer = Extract<DecodedTransaction, { kind: 'transfer' }>

// The network charges what it costs, well below this; a larger limit is not of our making.
const mostFeeTinybar = 500_000_000n
// Valid for at most 3 minutes. One that becomes valid later could be kept, and add to what a wallet may spend that day.
const longestWaitMs = 5 * 60_000

/**
 * What holds for every transaction: the operator pays for it, not too much, and it is of now.
 * Errors: transaction_refused, unavailable (it is not of now).
 */
export function requireOurs(transaction: DecodedTransaction, operatorId: string, now: Date): void {
  if (transaction.payer !== operatorId) throw refused('another account than the operator pays for it')
  if (transaction.maxFee > mostFeeTinybar) throw refused('its fee has no sensible limit')
  const remainingMs = transaction.validUntil.getTime() - now.getTime()
  if (remainingMs <= 0) throw notOfNow('it is no longer valid')
  if (remainingMs > longestWaitMs) throw notOfNow('it is for later')
}

/** Reads a transfer as spending from one account, the one that the caller named. Throws `transaction_refused` for any other. */
export function readSpending(
  transfer: Transfer,
  accountId: string | undefined,
  printTokenId: string | undefined,
): Spending {
  if (!accountId) throw refused('a transfer must name the wallet that it debits')
  const currency = currencyOf(transfer, printTokenId)
  const debits = transfer.transfers.filter(({ units }) => units < 0n)
  const credits = transfer.transfers.filter(({ units }) => units > 0n)
  const [debit] = debits
  if (!debit || debits.length > 1) throw refused('it must debit exactly one account')
  if (debit.account !== accountId) throw refused('it debits another account than the one named')
  const accounts = new Set(transfer.transfers.map(({ account }) => account))
  if (accounts.size !== transfer.transfers.length) throw refused('it names an account twice')
  if (debits.length + credits.length !== transfer.transfers.length) throw refused('it holds an amount of nothing')
  const credited = credits.reduce((sum, { units }) => sum + units, 0n)
  if (credited !== -debit.units) throw refused('its amounts do not add up to zero')
  return { accountId, currency, amount: credited, payees: credits.map(({ account }) => account) }
}

/** Another token is refused; so are other decimals, with which the amount would be worth something else. */
function currencyOf({ token }: Transfer, printTokenId: string | undefined): Currency {
  if (token === null) return 'hbar'
  if (token.id !== printTokenId) throw refused('it moves another token than PRINT')
  if (token.decimals !== currencies.print.decimals) throw refused('it takes PRINT to have other decimals')
  return 'print'
}

export function refused(reason: string): AppError {
  return new AppError('transaction_refused', `This transaction is not signed here: ${reason}.`)
}

/** Says nothing against what it does: a clock is wrong, or it was long on its way. The same, built anew, may be signed. */
function notOfNow(reason: string): AppError {
  return new AppError(
    'unavailable',
    `This transaction is not signed now: ${reason}. Try again; should it stay so, a clock is wrong.`,
  )
}
