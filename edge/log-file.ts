import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** With its older part, a log takes twice this. */
const largestBytes = 5 * 1024 * 1024

/**
 * A log file that does not grow without end: at `limit` bytes it becomes NAME.1, in the place of the earlier one. A line that the disk
 * refuses is lost, and the service goes on. Throws when the file cannot be opened.
 */
export function openLogFile(path: string, limit = largestBytes): { write: (line: string) => void } {
  let { file, size } = open(path)

  return {
    write(line) {
      const bytes = Buffer.from(line)
      try {
        if (size > 0 && size + bytes.length > limit) {
          if (existsSync(path)) renameSync(path, `${path}.1`)
          const next = open(path)
          closeSync(file)
          file = next.file
          size = next.size
        }
        size += writeSync(file, bytes)
      } catch {
        // A full disk. The next line may fit again.
      }
    },
  }
}

function open(path: string): { file: number; size: number } {
  mkdirSync(dirname(path), { recursive: true })
  const file = openSync(path, 'a', 0o644)
  return { file, size: fstatSync(file).size }
}
