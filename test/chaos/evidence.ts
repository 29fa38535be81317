import type { TransactionRecord } from '../../local/hedera/state.ts'
import type { Currency } from '../../schema/http/money.ts'
import type { Observed, Purchase } from './observed.ts'

/** A purchase's transfers: the payment and the refund. */
export function bothWays(
  observed: Observed,
  { purchase_id, user_id }: Purchase,
): [TransactionRecord[], TransactionRecord[]] {
  const account = observed.population.people.find(person => person.userId === user_id)?.accountId
  const isFromBuyer = ({ movements, tokenMovements }: TransactionRecord) =>
    movements.slice(2).some(one => one.account === account && one.tinybar < 0n) ||
    tokenMovements.some(one => one.account === account && one.units < 0n)
  const all = transfersFor(observed, purchase_id)
  return [all.filter(isFromBuyer), all.filter(one => !isFromBuyer(one))]
}

/** Every executed transfer of a purchase or a slice, whose id is in the memo. */
export function transfersFor({ ledger }: Observed, subject: string): TransactionRecord[] {
  return ledger.order.filter(record => record.memo === subject && record.result === 'SUCCESS')
}

/** The amount paid in the currency. Skips the network's fee, which the operator pays and which is listed first. */
export function debitOf({ printToken }: Observed, record: TransactionRecord, currency: Currency): bigint {
  const moved =
    currency === 'hbar'
      ? record.movements.slice(2).map(one => one.tinybar)
      : record.tokenMovements.filter(one => one.token === printToken).map(one => one.units)
  return -moved.filter(units => units < 0n).reduce(add, 0n)
}

export function balanceOf({ ledger, printToken }: Observed, accountId: string, currency: Currency): bigint {
  const account = ledger.accounts.get(accountId)
  return (currency === 'hbar' ? account?.tinybar : account?.holdings.get(printToken)?.units) ?? 0n
}

export function brief({ id, result, memo, movements, tokenMovements }: TransactionRecord) {
  return { id, result, memo, movements, tokenMovements }
}

export function add(a: bigint, b: bigint): bigint {
  return a + b
}

export function countBy<T>(items: T[], key: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1)
  return counts
}
