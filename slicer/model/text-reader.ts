/** Reads words and numbers of a text over its bytes: a file of 100 MB never becomes a string. */
import type { AppError } from '../../schema/http/errors.ts'
import { malformed } from './limits.ts'

export interface TextReader {
  /** The next word in lower case, on whatever line; '' at the end of the file. */
  word: () => string
  /** The next word of this line in lower case; '' at its end. */
  wordOnLine: () => string
  /** The next word of the file as a number, which may be NaN or infinite. Errors: stl_malformed. */
  number: () => number
  /** Goes to the end of the line. */
  skipLine: () => void
  /** Goes to the beginning of the next line; false at the end of the file. */
  nextLine: () => boolean
  /** Words of the numbers so far that have a decimal comma. */
  commas: () => number
  /** The refusal of the file, at the line that was reached. */
  wrong: (what: string) => AppError
}

/** Longer than any number or keyword. A longer word is cut: it is a name or a comment, or it is refused. */
const maxWord = 64
/** By their length. */
const frequent: Record<number, string[]> = {
  1: ['v', 'f'],
  2: ['vn', 'vt'],
  4: ['loop'],
  5: ['facet', 'outer'],
  6: ['vertex', 'normal'],
  7: ['endloop'],
  8: ['endfacet'],
}
const newline = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const [plus, minus, dot, comma, zero, nine, upperE, lowerE] = [0x2b, 0x2d, 0x2e, 0x2c, 0x30, 0x39, 0x45, 0x65]

/** A double holds these powers of ten exactly, and more digits than the float that a coordinate becomes. */
const mostDigits = 19
const powers = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)

const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/
/** As C's printf writes them, and as Microsoft's did. */
const notFinite = /^[+-]?(nan|inf|infinity|1\.#\w+)(\(\w*\))?$/

/** `kind` names the format in refusals: "STL". */
export function textReader(file: Buffer, kind: string): TextReader {
  let at = 0
  let line = 1
  let commas = 0
  let dots = 0

  function skipSpace(): void {
    while (at < file.length && (file[at] as number) <= space) {
      if (isLineEnd()) line++
      at++
    }
  }

  /** CR and LF end a line; together they end one. */
  function isLineEnd(): boolean {
    return file[at] === newline || (file[at] === carriageReturn && file[at + 1] !== newline)
  }

  function takeWord(): string {
    const start = at
    while (at < file.length && (file[at] as number) > space) at++
    return frequentWord(start, at) ?? file.toString('latin1', start, Math.min(at, start + maxWord)).toLowerCase()
  }

  /** A file has millions of these: compared byte by byte they cost half of what strings do. */
  function frequentWord(start: number, end: number): string | undefined {
    return frequent[end - start]?.find(text => {
      for (let index = 0; index < text.length; index++) {
        // In lower case.
        if (((file[start + index] as number) | 0x20) !== text.charCodeAt(index)) return false
      }
      return true
    })
  }

  function word(): string {
    skipSpace()
    return takeWord()
  }

  function wordOnLine(): string {
    while (at < file.length && (file[at] as number) <= space && file[at] !== newline && file[at] !== carriageReturn)
      at++
    return takeWord()
  }

  /** Plain numbers are read in place; all others by their word. */
  function readNumber(): number {
    skipSpace()
    const start = at
    let place = at
    const sign = file[place]
    if (sign === minus || sign === plus) place++
    let mantissa = 0
    let digits = 0
    let exponent = 0
    let point = 0
    for (; place < file.length; place++) {
      const byte = file[place] as number
      if (byte >= zero && byte <= nine) {
        mantissa = mantissa * 10 + (byte - zero)
        if (mantissa > 0) digits++
        if (point) exponent--
      } else if ((byte === dot || byte === comma) && !point) point = byte
      else break
    }
    const byte = file[place] as number
    if (byte === lowerE || byte === upperE) {
      let end = place + 1
      const isNegative = file[end] === minus
      if (isNegative || file[end] === plus) end++
      let power = 0
      const first = end
      for (; end < first + 3 && (file[end] as number) >= zero && (file[end] as number) <= nine; end++) {
        power = power * 10 + (file[end] as number) - zero
      }
      if (end > first) place = end
      exponent += isNegative ? -power : power
    }
    const isWhole = place >= file.length || (file[place] as number) <= space
    const isExact = digits <= mostDigits && exponent >= -22 && exponent <= 22
    // A number begins and ends with a digit, or else its word is looked at.
    if (!isWhole || !isExact || point === comma || !isDigit(start) || !isDigit(place - 1)) return numberOf(word())
    if (point) countDot()
    at = place
    const value = exponent < 0 ? mantissa / (powers[-exponent] as number) : mantissa * (powers[exponent] as number)
    return sign === minus ? -value : value
  }

  function isDigit(index: number): boolean {
    const byte = file[file[index] === minus || file[index] === plus ? index + 1 : index] as number
    return byte >= zero && byte <= nine
  }

  function numberOf(text: string): number {
    if (notFinite.test(text)) return Number.NaN
    if (text.includes(',')) return withComma(text)
    if (!number.test(text)) throw wrong(`has "${text}" where a number should be`)
    if (text.includes('.')) countDot()
    return Number(text)
  }

  /** "1,5" is 1.5 in a file that has no decimal point anywhere; all else with a comma has two readings. */
  function withComma(text: string): number {
    const pointed = text.replace(',', '.')
    const isDecimal = /\d,\d/.test(text) && number.test(pointed)
    if (!isDecimal || text.includes('.') || dots > 0) throw ambiguous(text)
    commas++
    return Number(pointed)
  }

  function countDot(): void {
    dots++
    if (commas > 0)
      throw wrong('has a decimal point, and lines before it have decimal commas: export it with points only')
  }

  function ambiguous(text: string): AppError {
    return wrong(
      `has "${text}", and a comma can be a decimal comma or stand between numbers: export it with decimal points`,
    )
  }

  function skipLine(): void {
    while (at < file.length && file[at] !== newline && file[at] !== carriageReturn) at++
  }

  function wrong(what: string): AppError {
    return malformed(`The ${kind} file cannot be read: line ${line} ${what}.`)
  }

  return {
    word,
    wordOnLine,
    number: readNumber,
    skipLine,
    nextLine: () => {
      skipLine()
      if (at >= file.length) return false
      if (file[at] === carriageReturn && file[at + 1] === newline) at++
      at++
      line++
      return true
    },
    commas: () => commas,
    wrong,
  }
}
