/** The rules for signing that need no database. spending.ts checks the list of payees and the daily cap. */

import type { DecodedTransaction } from '../../ledger/decode.ts'
import { AppError } from '../../schema/http/errors.ts'
import { type Currency, currencies } from '../../schema/http/money.ts'

export interface Spending {
  accountId: string
  currency: Currency
  /** The amount that leaves the account, in the currency's smallest unit. */
  amount: bigint
  payees: string[]
}

export type Transfer = Extract<DecodedTransaction, { kind: 'transfer' }>

// 5 HBAR. The network charges far less, and our own transactions never allow more.
const maxFeeTinybar = 500_000_000n
// Transactions are valid for at most 3 minutes. One that becomes valid later could be kept and sent on another day, beyond
// that day's cap.
const maxRemainingMs = 5 * 60_000

/**
 * Checks the rules for every transaction: the operator pays the fee, the fee is limited, and the transaction is valid now.
 * Errors: transaction_refused, unavailable (not valid now).
 */
export function requireAcceptable(transaction: DecodedTransaction, operatorId: string, now: Date): void {
  if (transaction.payer !== operatorId) throw refused('its fee must be paid by the operator')
  if (transaction.maxFee > maxFeeTinybar) throw refused(`its fee limit must be at most ${maxFeeTinybar} tinybar`)
  const remainingMs = transaction.validUntil.getTime() - now.getTime()
  if (remainingMs <= 0) throw notValidNow('its validity has ended')
  if (remainingMs > maxRemainingMs) throw notValidNow('its validity ends too far in the future')
}

/**
 * Reads a transfer of HBAR or PRINT that debits exactly the account that the caller named. `printTokenId` is undefined where
 * PRINT is not configured. Errors: transaction_refused.
 */
export function readSpending(
  transfer: Transfer,
  accountId: string | undefined,
  printTokenId: string | undefined,
): Spending {
  if (!accountId) throw refused('a transfer needs account_id, the wallet that it debits')
  const currency = currencyOf(transfer, printTokenId)
  const debits = transfer.transfers.filter(({ units }) => units < 0n)
  const credits = transfer.transfers.filter(({ units }) => units > 0n)
  const [debit] = debits
  if (!debit || debits.length > 1) throw refused('a transfer must debit exactly one account')
  if (debit.account !== accountId) throw refused('the transfer debits another account than account_id')
  const accounts = new Set(transfer.transfers.map(({ account }) => account))
  if (accounts.size !== transfer.transfers.length) throw refused('the transfer names an account twice')
  if (debits.length + credits.length !== transfer.transfers.length)
    throw refused('the transfer contains an amount of zero')
  const credited = credits.reduce((sum, { units }) => sum + units, 0n)
  if (credited !== -debit.units) throw refused('the amounts of the transfer do not add up to zero')
  return { accountId, currency, amount: credited, payees: credits.map(({ account }) => account) }
}

/** Refuses other tokens, and other decimals than PRINT's, with which the amount would mean another value. */
function currencyOf({ token }: Transfer, printTokenId: string | undefined): Currency {
  if (token === null) return 'hbar'
  if (token.id !== printTokenId) throw refused('the transfer moves another token than PRINT')
  if (token.decimals !== currencies.print.decimals)
    throw refused(`PRINT has ${currencies.print.decimals} decimals, the transfer states ${token.decimals}`)
  return 'print'
}

export function refused(reason: string): AppError {
  return new AppError('transaction_refused', `The transaction is refused: ${reason}.`)
}

/** Not a refusal of the content: a clock is wrong or the request was slow. A new transaction with the same content may be signed. */
function notValidNow(reason: string): AppError {
  return new AppError(
    'unavailable',
    `The transaction cannot be signed now: ${reason}. Try again; if it fails again, check the clocks of the bff and the CWS.`,
  )
}
