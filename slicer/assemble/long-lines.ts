/**
 * Lines that are longer than a container's. Comments are divided into several; a command's comment is dropped. A command that
 * is too long by itself stays as it is, for the caller to refuse.
 */
import { maxLineSize } from '../../schema/gcode/normalise.ts'

/** Divides one line, without its newline, into lines of at most `maxSize` bytes where that changes nothing of what it does. */
export function divideLongLine(line: string, maxSize = maxLineSize): string[] {
  if (Buffer.byteLength(line) <= maxSize) return [line]
  const comment = line.indexOf(';')
  const command = line.slice(0, comment).trimEnd()
  // Between quotes a semicolon is a character of a parameter.
  if (comment === -1 || /["']/.test(command)) return [line]
  return [...(command === '' ? [] : [command]), ...divideComment(line.slice(comment + 1), maxSize)]
}

/** True for a line that no rule makes short enough. */
export function isTooLong(line: string, maxSize = maxLineSize): boolean {
  return Buffer.byteLength(line) > maxSize
}

/** Each piece is a comment; between two pieces no character is cut. */
function divideComment(text: string, maxSize: number): string[] {
  const bytes = Buffer.from(text)
  const pieces: string[] = []
  for (let from = 0; from < bytes.length; ) {
    let to = Math.min(bytes.length, from + maxSize - 1)
    while (to < bytes.length && to > from + 1 && ((bytes[to] as number) & 0xc0) === 0x80) to--
    pieces.push(`;${bytes.toString('utf8', from, to)}`)
    from = to
  }
  return pieces
}
