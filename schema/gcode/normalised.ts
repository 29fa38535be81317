/** Checks piece by piece that G-code is normalised (normalise.ts). A line or a character may span two pieces. */
import { isUtf8 } from 'node:buffer'
import { maxLineSize } from './normalise.ts'

const newline = 0x0a
const carriageReturn = 0x0d

export interface NormalisedCheck {
  /** Checks the next piece. Returns its fault as the end of a sentence that begins with "frame 3", or null. */
  add: (piece: Buffer) => string | null
  /** Checks the end: no piece follows. */
  end: () => string | null
}

export function checkNormalised(): NormalisedCheck {
  /** Bytes of the unfinished line. */
  let lineSize = 0
  /** The beginning of a character that continues in the next piece. */
  let unfinished: Buffer = Buffer.alloc(0)
  return {
    add: piece => {
      if (piece.includes(carriageReturn)) return 'holds a carriage return'
      const size = endOfLines(piece, lineSize)
      if (size === null) return `holds a line longer than ${maxLineSize} bytes`
      lineSize = size
      const text = unfinished.length > 0 ? Buffer.concat([unfinished, piece]) : piece
      const missing = missingBytes(text)
      if (!isUtf8(missing > 0 ? completed(text, missing) : text)) return 'is not UTF-8 text'
      unfinished = missing > 0 ? Buffer.from(text.subarray(startOfLastCharacter(text))) : Buffer.alloc(0)
      return null
    },
    end: () => (lineSize > 0 ? 'follows a line that does not end with a newline' : null),
  }
}

/**
 * The size of the unfinished line after this piece; null when a line is too long. `begun`: bytes of the line from earlier pieces.
 * Looks at one newline in each kilobyte, the last that can end the line: five times as fast as at every one.
 */
function endOfLines(piece: Buffer, begun: number): number | null {
  let start = -begun
  while (piece.length - start > maxLineSize) {
    const end = piece.lastIndexOf(newline, start + maxLineSize)
    if (end < start || end < 0) return null
    start = end + 1
  }
  const end = piece.lastIndexOf(newline)
  return end < 0 ? begun + piece.length : piece.length - (end + 1)
}

/** The number of bytes that the last character still needs, by its first byte; 0 when it is complete or invalid. */
function missingBytes(text: Buffer): number {
  const start = startOfLastCharacter(text)
  const first = text[start] ?? 0
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1
  return Math.max(0, size - (text.length - start))
}

/** The offset of the last byte that begins a character, searched in the last four bytes, the length of the longest character. */
function startOfLastCharacter(text: Buffer): number {
  let at = text.length - 1
  while (at > 0 && at > text.length - 4 && ((text[at] as number) & 0xc0) === 0x80) at--
  return Math.max(0, at)
}

/**
 * The text with its last character completed, so that a beginning that no bytes can complete is found at once. Which second bytes
 * are allowed depends on the first, but one of 0x80 and 0xbf always is.
 */
function completed(text: Buffer, missing: number): Buffer {
  const lastCharacter = text.subarray(startOfLastCharacter(text))
  const filler = [0x80, 0xbf].find(byte => isUtf8(Buffer.concat([lastCharacter, Buffer.alloc(missing, byte)])))
  return Buffer.concat([text, Buffer.alloc(missing, filler ?? 0)])
}
