/** Expressions, from the loosest operator to a single value; the grammar is in the README. */
import type { Scanner } from './scanner.ts'
import {
  type Expression,
  type FunctionName,
  functionNames,
  type InquiryName,
  type Interpolation,
  inquiryNames,
  type Link,
  type OneOf,
  type Operator,
  type Pattern,
  type Variable,
} from './tree.ts'

/** Returns undefined, and reads nothing, when no expression begins here. Errors: PlaceholderError. */
export function parseExpression(scanner: Scanner): Expression | undefined {
  return scanner.nested(() => {
    const condition = orExpression(scanner)
    if (!condition || !scanner.sign('?')) return condition
    const yes = required(scanner)
    scanner.expect(':')
    return { kind: 'choice', at: condition.at, condition, yes, no: required(scanner) }
  })
}

export function required(scanner: Scanner, reason = 'Expecting a conditional expression.'): Expression {
  return parseExpression(scanner) ?? scanner.fail(reason)
}

type Rule = (scanner: Scanner) => Expression | undefined

const value = 'Expecting an expression.'
const truth = 'Expecting a boolean expression.'

const product = chain(unary, value, scanner => {
  if (scanner.sign('*')) return '*'
  if (scanner.sign('/')) return '/'
  return scanner.sign('%') ? '%' : undefined
})

const sum = chain(product, value, scanner => {
  if (scanner.sign('+')) return '+'
  return scanner.sign('-') ? '-' : undefined
})

const relation = chain(sum, value, scanner => {
  if (scanner.sign('<=')) return '<='
  if (scanner.sign('>=')) return '>='
  if (scanner.sign('<', '>')) return '<'
  return scanner.sign('>') ? '>' : undefined
})

const equality = chain(relation, value, scanner => {
  if (scanner.sign('==')) return '=='
  if (scanner.sign('!=') || scanner.sign('<>')) return '!='
  if (scanner.sign('=~')) return '=~'
  return scanner.sign('!~') ? '!~' : undefined
})

const andExpression = chain(equality, truth, scanner =>
  scanner.keyword('and') || scanner.sign('&&') ? 'and' : undefined,
)

const orExpression = chain(andExpression, truth, scanner =>
  scanner.keyword('or') || scanner.sign('||') ? 'or' : undefined,
)

/** Parses operands with operators of one precedence between them. */
function chain(rule: Rule, missing: string, operator: (scanner: Scanner) => Link['operator'] | undefined): Rule {
  return scanner => {
    const first = rule(scanner)
    if (!first) return undefined
    const rest: Link[] = []
    for (let sign = operator(scanner); sign; sign = operator(scanner)) {
      rest.push(sign === '=~' || sign === '!~' ? { operator: sign, pattern: pattern(scanner) } : link(sign))
    }
    return rest.length === 0 ? first : { kind: 'chain', at: first.at, first, rest }

    function link(sign: Operator): Link {
      return { operator: sign, operand: rule(scanner) ?? scanner.fail(missing) }
    }
  }
}

function unary(scanner: Scanner): Expression | undefined {
  return scanner.nested(() => {
    const at = scanner.skip()
    const operand = () => unary(scanner) ?? scanner.fail(value)
    if (scanner.sign('(')) {
      const inner = required(scanner)
      scanner.expect(')')
      return { kind: 'group', at, inner }
    }
    if (scanner.sign('-')) return { kind: 'unary', at, operator: '-', operand: operand() }
    if (scanner.sign('+')) return { kind: 'unary', at, operator: '+', operand: operand() }
    if (scanner.keyword('not') || scanner.sign('!')) return { kind: 'unary', at, operator: '!', operand: operand() }
    return literal(scanner, at) ?? variable(scanner) ?? callExpression(scanner, at)
  })
}

function literal(scanner: Scanner, at: number): Expression | undefined {
  const real = scanner.real()
  if (real !== undefined) return { kind: 'float', at, value: real }
  const integer = scanner.integer()
  if (integer !== undefined) return { kind: 'int', at, value: integer }
  const raw = scanner.string()
  if (raw !== undefined) return { kind: 'string', at, raw }
  if (scanner.keyword('true')) return { kind: 'bool', at, value: true }
  return scanner.keyword('false') ? { kind: 'bool', at, value: false } : undefined
}

function variable(scanner: Scanner): Variable | undefined {
  const at = scanner.skip()
  const name = scanner.identifier()
  if (name === undefined) return undefined
  if (!scanner.sign('[')) return { kind: 'variable', at, name, index: null }
  const index = sum(scanner) ?? scanner.fail(value)
  scanner.expect(']')
  return { kind: 'variable', at, name, index }
}

function callExpression(scanner: Scanner, at: number): Expression | undefined {
  const name = scanner.peekWord()
  if (isFunction(name)) {
    scanner.keyword(name)
    return { kind: 'call', at, name, parameters: parameters(scanner, name) }
  }
  if (isInquiry(name)) {
    scanner.keyword(name)
    return { kind: 'inquiry', at, name, variable: inBraces(scanner, () => variableNeeded(scanner)) }
  }
  if (scanner.keyword('one_of')) return inBraces(scanner, () => oneOf(scanner, at))
  if (scanner.keyword('interpolate_table')) return inBraces(scanner, () => interpolation(scanner, at))
  return undefined
}

const isFunction = (name: string | undefined): name is FunctionName => functionNames.some(known => known === name)
const isInquiry = (name: string | undefined): name is InquiryName => inquiryNames.some(known => known === name)
const one: readonly FunctionName[] = ['int', 'round', 'floor', 'ceil', 'filament_change']
const threeAtMost: readonly FunctionName[] = ['digits', 'zdigits']

function parameters(scanner: Scanner, name: FunctionName): Expression[] {
  return inBraces(scanner, () => {
    const given = [required(scanner)]
    if (one.includes(name)) return given
    scanner.expect(',')
    given.push(required(scanner))
    if (threeAtMost.includes(name) && scanner.sign(',')) given.push(required(scanner))
    return given
  })
}

function oneOf(scanner: Scanner, at: number): OneOf {
  const subject = unary(scanner) ?? scanner.fail(value)
  const choices: OneOf['choices'] = []
  if (!scanner.sign(',')) return { kind: 'one_of', at, subject, choices }
  for (;;) {
    const text = unary(scanner)
    if (text) choices.push({ text })
    else if (scanner.sign('~')) choices.push({ regex: unary(scanner) ?? scanner.fail(value) })
    else if (scanner.sign('/')) {
      scanner.at--
      choices.push({ pattern: pattern(scanner) })
    } else return { kind: 'one_of', at, subject, choices }
    scanner.sign(',')
  }
}

function interpolation(scanner: Scanner, at: number): Interpolation {
  const x = unary(scanner) ?? scanner.fail(value)
  scanner.expect(',')
  const points: Interpolation['points'] = []
  while (scanner.sign('(')) {
    const pointX = unary(scanner) ?? scanner.fail(value)
    scanner.expect(',')
    points.push({ x: pointX, y: unary(scanner) ?? scanner.fail(value) })
    scanner.expect(')')
    scanner.sign(',')
  }
  return { kind: 'interpolation', at, x, points }
}

function inBraces<T>(scanner: Scanner, parse: () => T): T {
  scanner.expect('(')
  const inner = parse()
  scanner.expect(')')
  return inner
}

function pattern(scanner: Scanner): Pattern {
  const at = scanner.skip()
  const source = scanner.pattern() ?? scanner.fail('Expecting a regular expression.')
  return { at, source }
}

export const variableNeeded = (scanner: Scanner): Variable =>
  variable(scanner) ?? scanner.fail('Expecting a variable reference.')
