const maxShownWidth = 120

/** An error in a template. Line and column count from 1; the message ends with the line and a caret below the error. */
export class PlaceholderError extends Error {
  override name = 'PlaceholderError'
  readonly field: string
  readonly reason: string
  readonly line: number
  readonly column: number

  /** `separator` follows Orca's messages: a point before an error of syntax, a colon before an error of a value. */
  constructor(where: { field: string; source: string; at: number }, reason: string, separator: '.' | ':' = ':') {
    const before = where.source.slice(0, where.at)
    const start = before.lastIndexOf('\n') + 1
    const end = where.source.indexOf('\n', where.at)
    const text = where.source.slice(start, end === -1 ? undefined : end)
    const line = before.split('\n').length
    super(`${where.field}: Parsing error at line ${line}${separator} ${reason}\n${pointAt(text, where.at - start)}`)
    this.field = where.field
    this.reason = reason
    this.line = line
    this.column = where.at - start + 1
  }
}

/** The part of a line around an offset, with a caret below the offset. */
function pointAt(line: string, at: number): string {
  const from = Math.max(0, at - maxShownWidth / 2)
  const shown = line.slice(from, from + maxShownWidth).replace(/\p{C}/gu, ' ')
  return `${shown}\n${' '.repeat(at - from)}^`
}
