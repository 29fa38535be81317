import type { Money } from '../../../schema/http/money.ts'
import { numberText } from './numbers.ts'

/** "0.25 HBAR" in the notation of the language. Exact: the amount stays a decimal string, never a binary fraction. */
export function moneyText({ amount, currency }: Money, locale: string): string {
  // A string is formatted digit by digit (ECMA-402 2023), which the type of older libraries does not say.
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 8 }).format(amount as unknown as number)
  return `${number} ${currency.toUpperCase()}`
}

/** Filament in metres, and its weight where it is known: "4.32 m, 13 g". */
export function filamentText(
  lengthMm: number | null | undefined,
  weightG: number | null | undefined,
  locale: string,
): string {
  if (lengthMm === null || lengthMm === undefined) return '–'
  const length = `${numberText(lengthMm / 1000, locale, { most: 2 })} m`
  return weightG ? `${length}, ${numberText(weightG, locale, { most: weightG < 10 ? 1 : 0 })} g` : length
}

/** True when the balances do not cover the price. Decimal strings are compared without rounding. */
export function isTooDear(price: Money, balances: Money[]): boolean {
  const balance = balances.find(one => one.currency === price.currency)?.amount ?? '0'
  return units(price.amount) > units(balance)
}

/** The amount in units of 10^-8, as no currency has more than eight decimals. */
function units(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.split('.')
  return BigInt(whole + fraction.padEnd(8, '0').slice(0, 8))
}
