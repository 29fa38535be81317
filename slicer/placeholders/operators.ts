/** Operators on values, with Orca's types: integers have 32 bits, and their division gives an integer. */
import { streamText } from './number-text.ts'
import { checkedString, fail, type Scope, spend } from './scope.ts'
import type { Arithmetic, Comparison } from './tree.ts'
import type { Result } from './value.ts'

export type NumberResult = Extract<Result, { value: number }>
/** An operand and where it begins. */
export interface Operand {
  at: number
  result: Result
}

/** The text that `{expression}` prints. */
export function resultText(result: Result): string {
  return result.type === 'float' ? streamText(result.value) : String(result.value)
}

export const isNumber = (result: Result): result is NumberResult => result.type === 'int' || result.type === 'float'

export const int = (value: number): Result => ({ type: 'int', value: value | 0 })
export const float = (value: number): Result => ({ type: 'float', value })
export const bool = (value: boolean): Result => ({ type: 'bool', value })
export const string = (value: string): Result => ({ type: 'string', value })

export function numberOf(scope: Scope, { at, result }: Operand, reason: string): NumberResult {
  return isNumber(result) ? result : fail(scope, at, reason)
}

export function boolOf(scope: Scope, { at, result }: Operand, reason: string): boolean {
  return result.type === 'bool' ? result.value : fail(scope, at, reason)
}

/** Removes a number's fraction. Errors: PlaceholderError when 32 bits cannot hold the result. */
export function truncate(scope: Scope, at: number, value: number): number {
  const whole = Math.trunc(value)
  return whole === (whole | 0) ? whole | 0 : fail(scope, at, 'The number does not fit in an integer of 32 bits.')
}

export function calculate(scope: Scope, operator: Arithmetic, left: Operand, right: Operand): Result {
  if (operator === '+' && (left.result.type === 'string' || right.result.type === 'string')) {
    return string(checkedString(scope, left.at, resultText(left.result) + resultText(right.result)))
  }
  const [leftReason, rightReason] = notNumeric[operator]
  const a = numberOf(scope, left, leftReason)
  const b = numberOf(scope, right, rightReason)
  if ((operator === '/' || operator === '%') && b.value === 0) fail(scope, right.at, 'Division by zero')
  if (a.type === 'float' || b.type === 'float') return float(reals[operator](a.value, b.value))
  return int(integers[operator](a.value, b.value))
}

const notNumeric: Record<Arithmetic, [string, string]> = {
  '+': ['Cannot add non-numeric types.', 'Cannot add non-numeric types.'],
  '-': ['Cannot subtract non-numeric types.', 'Cannot subtract non-numeric types.'],
  '*': ['Cannot multiply with non-numeric type.', 'Cannot multiply with non-numeric type.'],
  '/': ['Cannot divide a non-numeric type.', 'Cannot divide with a non-numeric type.'],
  '%': ['Cannot divide a non-numeric type.', 'Cannot divide with a non-numeric type.'],
}

type Calculation = (a: number, b: number) => number

const reals: Record<Arithmetic, Calculation> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
}

const integers: Record<Arithmetic, Calculation> = { ...reals, '*': Math.imul, '/': (a, b) => Math.trunc(a / b) }

/** Reals that differ by less are equal. */
const tolerance = 1e-8

export function compare(scope: Scope, operator: Comparison, left: Operand, right: Operand): Result {
  const order = orderOf(scope, operator, left, right)
  if (operator === '==') return bool(order === 0)
  if (operator === '!=') return bool(order !== 0)
  if (operator === '<') return bool(order < 0)
  if (operator === '>') return bool(order > 0)
  return bool(operator === '<=' ? order <= 0 : order >= 0)
}

function orderOf(scope: Scope, operator: Comparison, left: Operand, right: Operand): number {
  const isEquality = operator === '==' || operator === '!='
  const { result: a } = left
  const { result: b } = right
  if (isNumber(a) && isNumber(b)) {
    const isReal = a.type === 'float' || b.type === 'float'
    return isEquality && isReal && Math.abs(a.value - b.value) < tolerance ? 0 : a.value - b.value
  }
  if (a.type === 'string' || b.type === 'string') {
    const [first, second] = [resultText(a), resultText(b)]
    spend(scope, left.at, first.length + second.length)
    return Buffer.compare(Buffer.from(first), Buffer.from(second))
  }
  if (a.type === 'bool' && b.type === 'bool' && isEquality) return Number(a.value) - Number(b.value)
  return fail(scope, left.at, 'Cannot compare the types.')
}

export function combine(scope: Scope, operator: 'and' | 'or', left: Operand, right: Operand): Result {
  const reason = 'Cannot apply logical operation to non-boolean operators.'
  if (left.result.type !== 'bool' || right.result.type !== 'bool') return fail(scope, left.at, reason)
  return bool(operator === 'and' ? left.result.value && right.result.value : left.result.value || right.result.value)
}
