import { realpathSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { GcodeError } from './gcode-line.ts'
import { createLineBuffer, type LineSource } from './line-source.ts'

const blockSize = 64 * 1024

/** Reads a file of the G-code folder block by block. Throws a GcodeError when the folder has no such file. */
export async function openFileSource(folder: string, name: string): Promise<LineSource> {
  const path = pathIn(folder, name)
  const { file, size } = await openFile(path).catch(() => {
    throw new GcodeError('Unable to open file')
  })
  const buffer = createLineBuffer()
  let read = 0
  let isClosed = false

  return {
    name: path,
    size: () => size,
    isBegun: () => true,
    peek: () => buffer.lines(read >= size) ?? (read >= size ? 'end' : 'starved'),
    consume: buffer.consume,
    async more() {
      if (read >= size || isClosed) return
      const block = Buffer.allocUnsafe(blockSize)
      const { bytesRead } = await file.read(block, 0, blockSize, read)
      if (bytesRead === 0) throw new Error(`${path} became shorter while it was printed`)
      read += bytesRead
      buffer.add(block.subarray(0, bytesRead))
    },
    close,
    drop: close,
  }

  function close(): void {
    if (isClosed) return
    isClosed = true
    buffer.clear()
    void file.close()
  }
}

async function openFile(path: string) {
  const file = await open(path, 'r')
  const { size } = await file.stat()
  return { file, size }
}

/** Only files inside the folder can be printed, as in Klipper. */
function pathIn(folder: string, name: string): string {
  try {
    const path = realpathSync(join(folder, name))
    if (path.startsWith(realpathSync(folder) + sep)) return path
  } catch {
    // A missing file gets the same message as one outside the folder.
  }
  throw new GcodeError('Unable to open file')
}
