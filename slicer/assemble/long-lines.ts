/**
 * Lines longer than the sealed format allows. Comments are divided into several; a command's comment is dropped. A command that
 * is too long without its comment stays as it is, for the caller to refuse.
 */
import { maxLineSize } from '../../schema/gcode/normalise.ts'

/** Divides a line, given without its newline, into lines of at most `maxSize` bytes, if that does not change its effect. */
export function divideLongLine(line: string, maxSize = maxLineSize): string[] {
  if (Buffer.byteLength(line) <= maxSize) return [line]
  const comment = line.indexOf(';')
  const command = line.slice(0, comment).trimEnd()
  // Between quotes a semicolon is a character of a parameter.
  if (comment === -1 || /["']/.test(command)) return [line]
  return [...(command === '' ? [] : [command]), ...divideComment(line.slice(comment + 1), maxSize)]
}

/** True for a line that is still too long after `divideLongLine`. */
export function isTooLong(line: string, maxSize = maxLineSize): boolean {
  return Buffer.byteLength(line) > maxSize
}

/** Each piece is a whole comment, and no character is cut in two. */
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
