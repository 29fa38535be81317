/** Reads words and numbers of a text directly from its bytes: a file of 100 MB never becomes a string. */
import type { AppError } from '../../schema/http/errors.ts'
import { malformed } from './limits.ts'

export interface TextReader {
  /** The next word in lower case, on this line or a later one; '' at the end of the file. */
  word: () => string
  /** The next word of this line in lower case; '' at the end of the line. */
  wordOnLine: () => string
  /** The next word of the file as a number, which may be NaN or infinite. Errors: stl_malformed. */
  number: () => number
  /** Moves to the end of the line. */
  skipLine: () => void
  /** Moves to the beginning of the next line; false at the end of the file. */
  nextLine: () => boolean
  /** Count of numbers so far that have a decimal comma. */
  commas: () => number
  /** Makes the error stl_malformed, "line N" of the current line followed by `fault`. */
  errorAtLine: (fault: string) => AppError
}

/** Longer than any number or keyword, so cutting a longer word is safe: it is a name, a comment or an error. */
const maxWord = 64
/** The most frequent words, by length. */
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

/** Doubles hold the powers of ten up to 22 exactly, and more digits than the 32-bit float of a coordinate. */
const maxDigits = 19
const powers = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)

const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/
/** NaN and infinity as C's printf writes them, and as Microsoft's did ("1.#INF"). */
const notFinite = /^[+-]?(nan|inf|infinity|1\.#\w+)(\(\w*\))?$/

/** `kind` names the format in error messages: "STL". */
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

  /** CR, LF and CRLF each end one line. */
  function isLineEnd(): boolean {
    return file[at] === newline || (file[at] === carriageReturn && file[at + 1] !== newline)
  }

  function readWord(): string {
    const start = at
    while (at < file.length && (file[at] as number) > space) at++
    return frequentWord(start, at) ?? file.toString('latin1', start, Math.min(at, start + maxWord)).toLowerCase()
  }

  /** A file has millions of these words; comparing bytes takes half the time of making strings. */
  function frequentWord(start: number, end: number): string | undefined {
    return frequent[end - start]?.find(text => {
      for (let index = 0; index < text.length; index++) {
        // 0x20 makes a letter lower case.
        if (((file[start + index] as number) | 0x20) !== text.charCodeAt(index)) return false
      }
      return true
    })
  }

  function word(): string {
    skipSpace()
    return readWord()
  }

  function wordOnLine(): string {
    while (at < file.length && (file[at] as number) <= space && file[at] !== newline && file[at] !== carriageReturn)
      at++
    return readWord()
  }

  /** Reads plain decimal numbers in place, for speed; all others as words. */
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
    const isExact = digits <= maxDigits && exponent >= -22 && exponent <= 22
    // All but plain numbers take the slow way.
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
    if (!number.test(text)) throw errorAtLine(`has "${text}" where a number should be`)
    if (text.includes('.')) countDot()
    return Number(text)
  }

  /** "1,5" is 1.5 in a file without any decimal point; every other use of a comma is ambiguous. */
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
      throw errorAtLine(
        'has a decimal point, and lines before it have decimal commas: export the model with points only',
      )
  }

  function ambiguous(text: string): AppError {
    return errorAtLine(
      `has "${text}", and a comma can be a decimal comma or stand between numbers: export the model with decimal points`,
    )
  }

  function skipLine(): void {
    while (at < file.length && file[at] !== newline && file[at] !== carriageReturn) at++
  }

  function errorAtLine(what: string): AppError {
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
    errorAtLine,
  }
}
