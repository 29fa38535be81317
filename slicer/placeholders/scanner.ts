import { PlaceholderError } from './error.ts'
import { limits } from './limits.ts'
import { keywords } from './tree.ts'

const blank = /[ \t\r\n]*/y
const word = /[A-Za-z_][A-Za-z0-9_]*/y
const real = /(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+/y
const integer = /\d+/y

/** A position in a template that advances as tokens are read. Reading code skips blanks first; reading text does not. */
export class Scanner {
  at = 0
  private depth = 0
  readonly source: string
  readonly field: string

  constructor(source: string, field: string) {
    this.source = source
    this.field = field
  }

  /** Throws an error of syntax: PlaceholderError. */
  fail(reason: string, at = this.skip()): never {
    throw new PlaceholderError({ field: this.field, source: this.source, at }, reason, '.')
  }

  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T {
    if (++this.depth > limits.depth) this.fail(`Nested more than ${limits.depth} levels deep.`)
    const result = parse()
    this.depth--
    return result
  }

  /** Skips blanks and returns the offset of the next character of code. */
  skip(): number {
    this.read(blank)
    if (this.source.charCodeAt(this.at) > 127) {
      const reason = 'Non-ASCII characters are only allowed in text and strings, not in code.'
      throw new PlaceholderError({ field: this.field, source: this.source, at: this.at }, reason)
    }
    return this.at
  }

  /** Reads text up to a brace, a bracket or the end. */
  text(): string {
    const start = this.at
    while (this.at < this.source.length && this.source[this.at] !== '{' && this.source[this.at] !== '[') this.at++
    return this.source.slice(start, this.at)
  }

  /** Reads a sign, unless one of `unless` follows it. */
  sign(sign: string, unless = ''): boolean {
    const start = this.skip()
    const next = this.source[start + sign.length]
    if (!this.source.startsWith(sign, start) || (next !== undefined && unless.includes(next))) return false
    this.at += sign.length
    return true
  }

  expect(sign: string): void {
    if (!this.sign(sign)) this.fail(`Expecting '${sign}'.`)
  }

  /** Reads the word `name`, or nothing. */
  keyword(name: string): boolean {
    const start = this.skip()
    if (this.read(word)?.[0] === name) return true
    this.at = start
    return false
  }

  /** Returns the next word without reading it. */
  peekWord(): string | undefined {
    const start = this.skip()
    const match = this.read(word)?.[0]
    this.at = start
    return match
  }

  /** Reads a name other than a keyword. */
  identifier(): string | undefined {
    const name = this.peekWord()
    if (name === undefined || keywords.has(name)) return undefined
    this.at += name.length
    return name
  }

  real(): number | undefined {
    const match = this.read(real)
    return match && Number(match[0])
  }

  integer(): number | undefined {
    const at = this.at
    const match = this.read(integer)
    if (!match) return undefined
    const value = Number(match[0])
    return value > 0x7fffffff ? this.fail('Integer too large: 2147483647 is the largest.', at) : value
  }

  /** Reads "..." and returns the text between the quotes, with its escapes. */
  string(): string | undefined {
    return this.quoted('"')
  }

  /** Reads /.../ and returns the text between the slashes. */
  pattern(): string | undefined {
    return this.quoted('/')
  }

  private quoted(quote: string): string | undefined {
    const start = this.skip()
    if (this.source[start] !== quote) return undefined
    let end = start + 1
    while (end < this.source.length && this.source[end] !== quote) end += this.source[end] === '\\' ? 2 : 1
    if (end >= this.source.length) this.fail(`Expecting a closing ${quote}.`, this.source.length)
    this.at = end + 1
    return this.source.slice(start + 1, end)
  }

  private read(form: RegExp): RegExpExecArray | undefined {
    form.lastIndex = this.at
    const match = form.exec(this.source)
    if (match) this.at = form.lastIndex
    return match ?? undefined
  }
}
