import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { crc32c, encodeCrc32c } from './crc32c.ts'

export interface Digest {
  size: number
  crc32c: string
  md5Hash: string
}

/**
 * Hashes a file on the disk and syncs it. Done once the body is complete, not while it arrives: so a session needs no state except
 * its file, and continues after a crash.
 */
export async function digestFile(path: string): Promise<Digest> {
  const file = await open(path, 'r+')
  try {
    const md5 = createHash('md5')
    const buffer = Buffer.allocUnsafe(1 << 20)
    let crc = 0
    let size = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, size)
      if (bytesRead === 0) break
      const bytes = buffer.subarray(0, bytesRead)
      crc = crc32c(crc, bytes)
      md5.update(bytes)
      size += bytesRead
    }
    await file.sync()
    return { size, crc32c: encodeCrc32c(crc), md5Hash: md5.digest('base64') }
  } finally {
    await file.close()
  }
}
