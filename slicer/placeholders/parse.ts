import { PlaceholderError } from './error.ts'
import { limits } from './limits.ts'
import { parseExpression, required } from './parse-expression.ts'
import { Scanner } from './scanner.ts'
import type { Assigned, BracketName, Branch, Expression, Part, Template } from './tree.ts'

/**
 * Parses a template; `field` names it in errors. Evaluates nothing: `expand` finds unknown names, in branches that are taken.
 * Errors: PlaceholderError.
 */
export function parseTemplate(source: string, field: string): Template {
  if (source.length > limits.templateLength) {
    throw new PlaceholderError({ field, source: '', at: 0 }, `Longer than ${limits.templateLength} characters.`)
  }
  const scanner = new Scanner(source, field)
  const body = textBlock(scanner)
  if (scanner.at < source.length) scanner.fail(strayReason(scanner))
  return { field, source, body }
}

/** Parses text with braces and brackets, up to a brace that opens no statement: {else}, {endif}. */
function textBlock(scanner: Scanner): Part[] {
  return scanner.nested(() => {
    const parts: Part[] = []
    for (;;) {
      const text = scanner.text()
      if (text) parts.push({ kind: 'text', text })
      const start = scanner.at
      if (start === scanner.source.length) return parts
      if (scanner.sign('[')) parts.push(bracketName(scanner))
      else {
        scanner.expect('{')
        const read = statements(scanner, ['}'], parts)
        if (!read) {
          scanner.at = start
          return parts
        }
        scanner.expect('}')
      }
    }
  })
}

function bracketName(scanner: Scanner): BracketName {
  const at = scanner.skip()
  const name = scanner.identifier() ?? scanner.fail('Expecting a legacy variable expansion format')
  let index: BracketName['index'] = null
  if (scanner.sign('[')) {
    scanner.skip()
    index = scanner.integer() ?? scanner.identifier() ?? scanner.fail('Expecting an identifier.')
    scanner.expect(']')
  }
  scanner.expect(']')
  return { kind: 'bracket', at, name, index }
}

type Ender = '}' | 'elsif' | 'else' | 'endif'

/**
 * Parses statements, each followed by a semicolon or one of `enders`; conditions need neither. Adds them to `parts` and returns
 * true when there was one.
 */
function statements(scanner: Scanner, enders: readonly Ender[], parts: Part[]): boolean {
  let read = false
  for (; ; read = true) {
    if (scanner.sign(';')) continue
    if (scanner.keyword('if')) {
      parts.push(condition(scanner))
      continue
    }
    const part = statement(scanner)
    if (!part) return read
    parts.push(part)
    if (!scanner.sign(';') && !endsHere(scanner, enders)) {
      scanner.fail(`Expecting ';' or ${enders.map(ender => `'${ender}'`).join(' or ')}.`)
    }
  }
}

function endsHere(scanner: Scanner, enders: readonly Ender[]): boolean {
  const at = scanner.skip()
  const word = scanner.peekWord()
  return enders.some(ender => ender === word || scanner.source[at] === ender)
}

function statement(scanner: Scanner): Part | undefined {
  const global = scanner.keyword('global')
  if (global || scanner.keyword('local')) {
    const at = scanner.skip()
    const name = scanner.identifier() ?? scanner.fail('Expecting an identifier.')
    scanner.expect('=')
    return { kind: 'define', at, name, global, value: assigned(scanner) }
  }
  const expression = parseExpression(scanner)
  if (!expression) return undefined
  if (expression.kind !== 'variable' || !scanner.sign('=')) return { kind: 'print', expression }
  return { kind: 'assign', target: expression, value: assigned(scanner) }
}

/** A parenthesis right after `=` begins a list: (1 + 2) is a list of one. */
function assigned(scanner: Scanner): Assigned {
  const at = scanner.skip()
  if (scanner.sign('(')) {
    const items: Expression[] = []
    if (scanner.sign(')')) return { kind: 'list', at, items }
    do items.push(required(scanner))
    while (scanner.sign(','))
    scanner.expect(')')
    return { kind: 'list', at, items }
  }
  if (scanner.keyword('repeat')) {
    scanner.expect('(')
    const count = required(scanner)
    scanner.expect(',')
    const value = required(scanner)
    scanner.expect(')')
    return { kind: 'repeat', count, value }
  }
  return { kind: 'expression', expression: required(scanner) }
}

/** Parses the rest after {if: `condition} text {else} text {endif`, or `condition then statements else statements endif`. */
function condition(scanner: Scanner): Part {
  return scanner.nested(() => {
    const branches: Branch[] = []
    do {
      const test = required(scanner, 'Expecting a boolean expression.')
      branches.push({ condition: test, body: branchBody(scanner, ['elsif', 'else', 'endif']) })
    } while (scanner.keyword('elsif'))
    if (scanner.keyword('else')) branches.push({ condition: null, body: branchBody(scanner, ['endif']) })
    if (!scanner.keyword('endif')) scanner.fail('Not an {if}{else}{endif} macro: {endif} is missing.')
    return { kind: 'if', branches }
  })
}

/** Only {else} can have statements without a `then` before them. */
function branchBody(scanner: Scanner, enders: readonly Ender[]): Part[] {
  if (scanner.sign('}')) {
    const body = textBlock(scanner)
    if (scanner.at === scanner.source.length) scanner.fail('Not an {if}{else}{endif} macro: {endif} is missing.')
    scanner.expect('{')
    return body
  }
  const isElse = !enders.includes('else')
  if (!isElse && !scanner.keyword('then')) scanner.fail("Expecting '}' or 'then'.")
  const body: Part[] = []
  statements(scanner, enders, body)
  return body
}

/** The error for a brace at the outermost level that opens no statement. */
function strayReason(scanner: Scanner): string {
  const { at } = scanner
  scanner.expect('{')
  const word = scanner.peekWord()
  scanner.at = at
  if (word && ['elsif', 'else', 'endif'].includes(word)) return `{${word}} without an {if}.`
  return 'Unknown syntax error'
}
