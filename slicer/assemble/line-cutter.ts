import { unifyNewlines } from '../../schema/gcode/normalise.ts'
import { AppError } from '../../schema/http/errors.ts'

export interface LineCutter {
  /** Returns the complete lines so far; each ends with "\n", also those that ended with CR or CRLF. Errors: gcode_rejected. */
  add: (chunk: Buffer) => Buffer
  /** Returns the last line when it has no newline; otherwise empty. */
  end: () => Buffer
}

/** Bytes that an engine may write without a newline; there are configuration comments of a few hundred KiB. */
const maxUnfinished = 4 * 2 ** 20
const newline = 0x0a
const carriageReturn = 0x0d

/** Cuts a stream into whole lines of any length. */
export function createLineCutter(): LineCutter {
  let unfinished: Buffer[] = []
  let unfinishedSize = 0
  let isAfterReturn = false
  return {
    add: chunk => {
      const text = unifyNewlines(chunk, isAfterReturn)
      isAfterReturn = chunk.length > 0 ? chunk[chunk.length - 1] === carriageReturn : isAfterReturn
      const end = text.lastIndexOf(newline) + 1
      const lines = end === 0 ? [] : [...unfinished, text.subarray(0, end)]
      if (end > 0) [unfinished, unfinishedSize] = [[], 0]
      // A copy, because the caller reuses the chunk.
      if (end < text.length) unfinished.push(Buffer.from(text.subarray(end)))
      unfinishedSize += text.length - end
      if (unfinishedSize > maxUnfinished) {
        throw new AppError('gcode_rejected', `The G-code has a line of more than ${maxUnfinished / 2 ** 20} MiB.`)
      }
      return lines.length === 1 ? (lines[0] as Buffer) : Buffer.concat(lines)
    },
    end: () => {
      const last = unfinishedSize === 0 ? [] : [...unfinished, Buffer.of(newline)]
      ;[unfinished, unfinishedSize] = [[], 0]
      return Buffer.concat(last)
    },
  }
}
