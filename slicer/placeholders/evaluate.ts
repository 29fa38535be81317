import { call } from './functions.ts'
import { bool, boolOf, calculate, combine, compare, float, int, numberOf, type Operand, string } from './operators.ts'
import { matches } from './pattern.ts'
import { checkedString, fail, type Scope, spend } from './scope.ts'
import type { Expression, Interpolation, Link, OneOf, Variable } from './tree.ts'
import { isVector, type Result } from './value.ts'
import { element, type Reference, refer, resultOf } from './variables.ts'

/**
 * Evaluates an expression. As in Orca, both sides of `and` and `or` are evaluated, but only the chosen side of `?:`.
 * Errors: PlaceholderError.
 */
export function evaluate(scope: Scope, expression: Expression): Result {
  const { at } = expression
  spend(scope, at, 1)
  switch (expression.kind) {
    case 'int':
      return int(expression.value)
    case 'float':
      return float(expression.value)
    case 'bool':
      return bool(expression.value)
    case 'string':
      return string(checkedString(scope, at, unescaped(scope, at, expression.raw)))
    case 'variable':
      return resultOf(scope, referTo(scope, expression))
    case 'group':
      return evaluate(scope, expression.inner)
    case 'unary':
      return unary(scope, expression.operator, operandOf(scope, expression.operand))
    case 'chain':
      return expression.rest.reduce<Result>(
        (result, link) => applyLink(scope, { at, result }, link),
        evaluate(scope, expression.first),
      )
    case 'choice':
      return evaluate(scope, isTrue(scope, expression.condition) ? expression.yes : expression.no)
    case 'call': {
      const operands = expression.parameters.map(parameter => operandOf(scope, parameter))
      return call(scope, expression.name, at, operands)
    }
    case 'inquiry':
      return inquire(scope, expression.name, referTo(scope, expression.variable))
    case 'one_of':
      return oneOf(scope, expression)
    case 'interpolation':
      return interpolate(scope, expression)
  }
}

/** Evaluates a condition. Errors: PlaceholderError when it is not a boolean. */
export function isTrue(scope: Scope, condition: Expression): boolean {
  return boolOf(scope, operandOf(scope, condition), 'Not a boolean expression')
}

export function referTo(scope: Scope, { at, name, index }: Variable): Reference {
  if (!index) return refer(scope, at, name, null)
  const { result } = operandOf(scope, index)
  const reason = 'Non-integer index is not allowed to address a vector variable.'
  return refer(scope, at, name, result.type === 'int' ? result.value : fail(scope, index.at, reason))
}

function operandOf(scope: Scope, expression: Expression): Operand {
  return { at: expression.at, result: evaluate(scope, expression) }
}

function unary(scope: Scope, operator: '-' | '+' | '!', operand: Operand): Result {
  if (operator === '+') return operand.result
  if (operator === '!') return bool(!boolOf(scope, operand, 'Cannot apply a not operator.'))
  const { type, value } = numberOf(scope, operand, 'Cannot apply unary minus operator.')
  return type === 'int' ? int(-value) : float(-value)
}

function applyLink(scope: Scope, left: Operand, link: Link): Result {
  if ('pattern' in link) {
    const { at, result } = left
    const reason = 'Left hand side of a regex match must be a string.'
    const subject = result.type === 'string' ? result.value : fail(scope, at, reason)
    return bool(matches(scope, link.pattern.at, link.pattern.source, subject) === (link.operator === '=~'))
  }
  const right = operandOf(scope, link.operand)
  switch (link.operator) {
    case 'and':
    case 'or':
      return combine(scope, link.operator, left, right)
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return calculate(scope, link.operator, left, right)
    default:
      return compare(scope, link.operator, left, right)
  }
}

function inquire(scope: Scope, name: 'is_nil' | 'empty' | 'size', { at, value, index }: Reference): Result {
  if (name === 'is_nil') {
    if (!isVector(value)) return bool(value.value === null)
    const reason = 'Referencing a vector variable when scalar is expected'
    return bool(element(scope, at, value, index ?? fail(scope, at, reason)).value === null)
  }
  if (!isVector(value) || index !== null) return fail(scope, at, `parameter of ${name}() is not a vector variable`)
  return name === 'empty' ? bool(value.values.length === 0) : int(value.values.length)
}

/** True when a string equals or matches one of the choices. As in Orca, choices after the first hit are not checked for type. */
function oneOf(scope: Scope, { subject, choices }: OneOf): Result {
  const { at, result } = operandOf(scope, subject)
  const notString = 'one_of(): First parameter (the string to match against) has to be a string value'
  return bool(
    choices.reduce((found, choice) => {
      const pattern = 'pattern' in choice ? null : operandOf(scope, 'text' in choice ? choice.text : choice.regex)
      if (found) return true
      const text = result.type === 'string' ? result.value : fail(scope, at, notString)
      if ('pattern' in choice) return matches(scope, choice.pattern.at, choice.pattern.source, text)
      if (pattern?.result.type !== 'string') return fail(scope, at, 'one_of(): Pattern has to be a string value')
      return 'text' in choice
        ? text === pattern.result.value
        : matches(scope, choice.regex.at, pattern.result.value, text)
    }, false),
  )
}

/** Tolerance at both ends of the table. */
const margin = 1e-4

function interpolate(scope: Scope, { x: expression, points }: Interpolation): Result {
  const number = (part: Expression, reason: string) => numberOf(scope, operandOf(scope, part), reason).value
  const x = number(expression, 'Interpolation value must be a number.')
  const table = points.map(point => ({
    at: point.x.at,
    x: number(point.x, 'X value of a table point must be a number.'),
    y: number(point.y, 'Y value of a table point must be a number.'),
  }))
  const unsorted = table.find((point, i) => i > 0 && table[i - 1]!.x > point.x)
  if (unsorted) return fail(scope, unsorted.at, 'X coordinates of the table must be increasing')
  const next = table.findIndex((point, i) => i > 0 && x >= table[i - 1]!.x && x <= point.x)
  if (next > 0) return float(between(x, table[next - 1]!, table[next]!))
  const [first, last] = [table.at(0), table.at(-1)]
  if (first && x > first.x - margin && x < first.x) return float(first.y)
  if (last && x > last.x && x < last.x + margin) return float(last.y)
  return fail(scope, expression.at, 'Interpolation value is outside the table range')
}

type Point = { x: number; y: number }

function between(x: number, from: Point, to: Point): number {
  if (x === from.x) return from.y
  if (x === to.x) return to.y
  return from.y + ((to.y - from.y) * (x - from.x)) / (to.x - from.x)
}

function unescaped(scope: Scope, at: number, raw: string): string {
  return raw.replace(/\\(.)/gs, (whole, character: string, place: number) => {
    if (character === 'n') return '\n'
    if (character === 'r') return '\r'
    return character === '"' || character === '\\'
      ? character
      : fail(scope, at + 1 + place, `Invalid escape sequence ${whole}`)
  })
}
