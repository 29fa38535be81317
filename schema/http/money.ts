import { z } from 'zod'

/** The currencies of a price. The ledger defines their decimals: 1 HBAR is 10^8 tinybar, 1 PRINT is 10^2 of its units. */
export const currencies = { hbar: { decimals: 8, name: 'HBAR' }, print: { decimals: 2, name: 'PRINT' } } as const
export type Currency = keyof typeof currencies
export const currencySchema = z.enum(['hbar', 'print'])

/** An amount in the API: a decimal string with its currency. The database and the code use a bigint of smallest units. */
export const moneySchema = z.object({
  amount: z.string().regex(/^\d{1,12}(\.\d{1,8})?$/, 'must be a decimal number such as "10" or "0.25"'),
  currency: currencySchema,
})
export type Money = z.infer<typeof moneySchema>

// The ledger counts in signed 64-bit integers.
const largest = 2n ** 63n - 1n

/** "0.25" HBAR -> 25000000n. Throws RangeError for more decimals than the currency has, or more than the ledger can hold. */
export function toUnits(amount: string, currency: Currency): bigint {
  const { decimals, name } = currencies[currency]
  const match = /^(\d+)(?:\.(\d+))?$/.exec(amount)
  if (!match) throw new RangeError(`"${amount}" is not a decimal number`)
  const [, whole = '0', fraction = ''] = match
  if (fraction.replace(/0+$/, '').length > decimals) throw new RangeError(`${name} has at most ${decimals} decimals`)
  const units =
    BigInt(whole) * 10n ** BigInt(decimals) + BigInt(fraction.slice(0, decimals).padEnd(decimals, '0') || '0')
  if (units > largest) throw new RangeError(`"${amount}" is more than the ledger can hold`)
  return units
}

/** 25000000n tinybar -> "0.25". The shortest form: no trailing zeros, no exponent. */
export function toAmount(units: bigint, currency: Currency): string {
  const { decimals } = currencies[currency]
  const sign = units < 0n ? '-' : ''
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0')
  const fraction = digits.slice(-decimals).replace(/0+$/, '')
  return `${sign}${digits.slice(0, -decimals)}${fraction && `.${fraction}`}`
}

export function toMoney(units: bigint, currency: Currency): Money {
  return { amount: toAmount(units, currency), currency }
}
