/** Functions of numbers. */
import { fixedText } from './number-text.ts'
import { float, int, type NumberResult, numberOf, type Operand, string, truncate } from './operators.ts'
import { checkedString, fail, type Scope } from './scope.ts'
import type { FunctionName } from './tree.ts'
import type { Result } from './value.ts'

export function call(scope: Scope, name: FunctionName, at: number, operands: Operand[]): Result {
  const [first, second, third] = operands as [Operand, Operand, Operand | undefined]
  switch (name) {
    case 'min':
      return extreme(scope, Math.min, first, second)
    case 'max':
      return extreme(scope, Math.max, first, second)
    case 'random':
      return randomBetween(scope, first, second)
    case 'digits':
      return digits(scope, at, ' ', first, second, third)
    case 'zdigits':
      return digits(scope, at, '0', first, second, third)
    case 'int':
      return whole(scope, first, Math.trunc, 'Cannot convert to integer.')
    case 'round':
      return whole(scope, first, roundHalfAway, 'Cannot round a non-numeric value.')
    case 'floor':
      return whole(scope, first, Math.floor, 'Cannot floor a non-numeric value.')
    case 'ceil':
      return whole(scope, first, Math.ceil, 'Cannot ceil a non-numeric value.')
    case 'filament_change':
      scope.extruder = Math.max(0, truncate(scope, first.at, numberOf(scope, first, notNumeric).value))
      return string('')
  }
}

const notNumeric = 'Not a numeric type.'

function extreme(scope: Scope, pick: (a: number, b: number) => number, first: Operand, second: Operand): Result {
  const a = numberOf(scope, first, notNumeric)
  const b = numberOf(scope, second, notNumeric)
  return sameAs(a, b, pick(a.value, b.value))
}

/** Integers include both bounds; reals exclude the upper one. */
function randomBetween(scope: Scope, first: Operand, second: Operand): Result {
  const a = numberOf(scope, first, notNumeric)
  const b = numberOf(scope, second, notNumeric)
  const span = b.value - a.value
  if (span < 0) return fail(scope, first.at, 'random: the first parameter must not be greater than the second')
  if (a.type === 'float' || b.type === 'float') return float(a.value + scope.random() * span)
  return int(a.value + Math.floor(scope.random() * (span + 1)))
}

const sameAs = (a: NumberResult, b: NumberResult, value: number): Result =>
  a.type === 'float' || b.type === 'float' ? float(value) : int(value)

function whole(scope: Scope, operand: Operand, cut: (value: number) => number, reason: string): Result {
  const { type, value } = numberOf(scope, operand, reason)
  return type === 'int' ? int(value) : int(truncate(scope, operand.at, cut(value)))
}

const roundHalfAway = (value: number) => Math.sign(value) * Math.round(Math.abs(value))

const maxDigits = 64

/** Formats a number padded to a width, with a number of decimals when given. */
function digits(scope: Scope, at: number, pad: string, first: Operand, width: Operand, decimals?: Operand): Result {
  const { value } = numberOf(scope, first, notNumeric)
  const size = count(scope, width, 'digits: second parameter must be integer')
  const places = decimals && count(scope, decimals, 'digits: third parameter must be integer')
  const text = places === undefined ? String(truncate(scope, first.at, roundHalfAway(value))) : fixedText(value, places)
  const signed = pad === '0' && text.startsWith('-')
  return string(
    checkedString(scope, at, signed ? `-${text.slice(1).padStart(size - 1, pad)}` : text.padStart(size, pad)),
  )
}

function count(scope: Scope, { at, result }: Operand, reason: string): number {
  return result.type === 'int' ? Math.min(Math.max(0, result.value), maxDigits) : fail(scope, at, reason)
}
