import { open } from 'node:fs/promises'
import { createLineBuffer, type LineSource } from './line-source.ts'

const blockSize = 64 * 1024

/** Reads an ordinary file block by block. */
export async function openFileSource(path: string): Promise<LineSource> {
  const file = await open(path, 'r')
  const { size } = await file.stat()
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
