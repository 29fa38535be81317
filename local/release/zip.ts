import { buffer } from 'node:stream/consumers'
import { ZipFile } from 'yazl'

/** A file of an archive: its path there, its content and its mode, such as 0o644. */
export interface ArchiveFile {
  path: string
  content: Buffer
  mode: number
}

/** The same fields in every time zone: DOS times are local, and have no zone. */
const fixedTime = new Date(2000, 0, 1, 0, 0, 0)

/**
 * A zip archive with these files, in the order of their paths. The same files make the same bytes, with the same Node: its zlib
 * compresses. Each file has its mode, which Moonraker's updater applies.
 */
export async function zipOf(files: ArchiveFile[]): Promise<Buffer> {
  const zip = new ZipFile()
  for (const { path, content, mode } of byPath(files)) {
    zip.addBuffer(content, path, { mode: 0o100000 | mode, mtime: fixedTime, forceDosTimestamp: true })
  }
  zip.end()
  return buffer(zip.outputStream)
}

/** Sorted by path, by code units: the same on every machine. */
export function byPath<T extends { path: string }>(files: readonly T[]): T[] {
  return [...files].sort((a, b) => (a.path < b.path ? -1 : 1))
}
