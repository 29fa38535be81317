/**
 * Normalised G-code, the form that is sealed: UTF-8, and every line ends with "\n" and has at most 1 KiB. So the edge can serve it byte
 * for byte, and Klipper's file position, the totals and the hash refer to the same bytes everywhere.
 */
import { isUtf8 } from 'node:buffer'
import { AppError } from '../http/errors.ts'

/** Without its "\n". */
export const maxLineSize = 1024

const newline = 0x0a
const carriageReturn = 0x0d

/**
 * Yields G-code in whole lines: "\r\n" and "\r" become "\n", and a missing last "\n" is added. Holds one chunk and the
 * beginning of one line. Yields nothing for an empty source.
 * Errors: gcode_rejected.
 */
export async function* normaliseGcode(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let line = 1
  let unfinished: Buffer = Buffer.alloc(0)
  let isAfterReturn = false
  for await (const bytes of source) {
    if (bytes.length === 0) continue
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const text = Buffer.concat([unfinished, unifyNewlines(chunk, isAfterReturn)])
    isAfterReturn = chunk[chunk.length - 1] === carriageReturn
    const end = text.lastIndexOf(newline) + 1
    unfinished = text.subarray(end)
    if (end > 0) {
      const lines = text.subarray(0, end)
      line += checkLines(lines, line)
      yield lines
    }
    if (unfinished.length > maxLineSize) throw tooLong(line)
  }
  if (unfinished.length > 0) {
    const lastLine = Buffer.concat([unfinished, Buffer.of(newline)])
    checkLines(lastLine, line)
    yield lastLine
  }
}

/** `isAfterReturn`: the previous chunk ended in "\r", so a "\n" at the beginning of this one ends the same line. */
export function unifyNewlines(chunk: Buffer, isAfterReturn: boolean): Buffer {
  const rest = isAfterReturn && chunk[0] === newline ? chunk.subarray(1) : chunk
  if (!rest.includes(carriageReturn)) return rest
  const unified = Buffer.allocUnsafe(rest.length)
  let size = 0
  for (let at = 0; at < rest.length; at++) {
    if (rest[at] === carriageReturn) {
      unified[size++] = newline
      if (rest[at + 1] === newline) at++
    } else {
      unified[size++] = rest[at] as number
    }
  }
  return unified.subarray(0, size)
}

/** Checks whole lines and returns their number. UTF-8 is checked for all together: "\n" is never part of a longer character. */
function checkLines(lines: Buffer, firstLine: number): number {
  let count = 0
  let start = 0
  for (let end = lines.indexOf(newline); end >= 0; end = lines.indexOf(newline, start)) {
    if (end - start > maxLineSize) throw tooLong(firstLine + count)
    start = end + 1
    count++
  }
  if (!isUtf8(lines)) {
    throw new AppError('gcode_rejected', `The G-code is not UTF-8 text (within ${count} lines from line ${firstLine}).`)
  }
  return count
}

function tooLong(line: number): AppError {
  return new AppError('gcode_rejected', `Line ${line} of the G-code is longer than ${maxLineSize} bytes.`)
}
