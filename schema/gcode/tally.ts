/** Counts the bytes and lines of a G-code stream, and hashes it. The writer stores the result, the reader compares it. */
import { createHash } from 'node:crypto'

const newline = 0x0a

export interface Tally {
  add: (piece: Buffer) => void
  /** Ends the count. */
  end: () => { bytes: number; lines: number; sha256: string }
}

export function startTally(): Tally {
  const hash = createHash('sha256')
  let bytes = 0
  let lines = 0
  return {
    add: piece => {
      hash.update(piece)
      bytes += piece.length
      lines += countLines(piece)
    },
    end: () => ({ bytes, lines, sha256: hash.digest('hex') }),
  }
}

// indexOf is three times as fast on G-code as a loop over the bytes.
function countLines(piece: Buffer): number {
  let lines = 0
  for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, at + 1)) lines++
  return lines
}
