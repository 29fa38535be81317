import { createHash } from 'node:crypto'
import type { MadeGcode } from '../../test/make/edge/gcode.ts'
import { makeGcode } from './make.ts'

/** G-code of this size as a job of the fake marketplace. Its last line is whole. */
export function gcodeOfMb(megabytes: number): MadeGcode {
  const bytes = makeGcode(megabytes * 1e6)
  bytes[bytes.length - 1] = newline
  // What the cut has left of the last line.
  bytes.fill(newline, bytes.lastIndexOf(newline, -2) + 1)
  let lines = 0
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) lines++
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { text: bytes.toString('latin1'), lines, layers: 0, sha256 }
}

const newline = 0x0a
