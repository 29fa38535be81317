import type { HttpAnswer } from './answer.ts'
import { AppError } from './errors.ts'

/** Limits of a JSON text, which bound the cost of parsing and checking it. The reader of the body limits its bytes. */
interface JsonLimits {
  /** How deep objects and arrays may be nested. */
  maxDepth: number
  /** Objects, arrays and scalars together; an empty object or array counts twice. */
  maxValues: number
}

/** Enough for every request body except a print profile. */
export const jsonLimits: JsonLimits = { maxDepth: 16, maxValues: 1000 }

/**
 * Parses untrusted JSON. Errors: bad_request when the text is not JSON, invalid_input when it exceeds the limits, which are
 * checked before any value is built.
 */
export function parseJson(text: string, limits = jsonLimits): unknown {
  requireBoundedJson(text, limits)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AppError('bad_request', 'The body is not JSON.', { cause })
  }
}

/** Reads and parses the body of an answer, at most `maxBytes` of it. Errors: those of parseJson, and payload_too_large. */
export async function readJson(answer: HttpAnswer, maxBytes: number, limits = jsonLimits): Promise<unknown> {
  return parseJson((await readBytes(answer, maxBytes)).toString('utf8'), limits)
}

/** Reads the body of an answer, at most `maxBytes` of it. Errors: payload_too_large. */
export async function readBytes(answer: HttpAnswer, maxBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of answer.body ?? []) {
    bytes += piece.length
    if (bytes > maxBytes) throw new AppError('payload_too_large', `The answer is larger than ${maxBytes} bytes.`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/**
 * Counts brackets and commas outside of strings. The same count applies to text that is not JSON: parsing it stops at the first
 * error anyway. Throws `invalid_input`.
 */
export function requireBoundedJson(text: string, { maxDepth, maxValues }: JsonLimits): void {
  let depth = 0
  let values = 1
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = endOfString(text, at)
        break
      case '{':
      case '[':
        depth++
        values++
        break
      case '}':
      case ']':
        depth--
        break
      case ',':
        values++
    }
    if (depth > maxDepth) throw new AppError('invalid_input', `JSON may be nested ${maxDepth} levels deep, no deeper.`)
    if (values > maxValues) throw new AppError('invalid_input', `JSON may hold ${maxValues} values, no more.`)
  }
}

/** The position of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text[end - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return end
  }
  return text.length
}
