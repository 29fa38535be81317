import { statfs } from 'node:fs/promises'

const freshMs = 30_000

/** The free space of a folder's disk, in bytes, asked for at most every 30 s; null when the disk does not say. */
export function createFreeSpace(folder: string): () => Promise<number | null> {
  let known: { at: number; bytes: number | null } | null = null
  return async () => {
    const now = performance.now()
    if (!known || now - known.at > freshMs) {
      const bytes = await statfs(folder).then(
        ({ bavail, bsize }) => bavail * bsize,
        () => null,
      )
      known = { at: now, bytes }
    }
    return known.bytes
  }
}
