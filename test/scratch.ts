import { chmodSync, existsSync, mkdtempSync, statfsSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'

const memory = '/dev/shm'
/** Ten times what a whole run holds at once. */
const plenty = 2 * 2 ** 30

/**
 * A folder in memory for all that the tests write; null where there is no such place, or little room. A database is 400 files,
 * and a run makes and removes hundreds of databases, while the doubles and the edge wait for the disk at every word.
 */
export function scratchInMemory(): string | null {
  if (!existsSync(memory) || freemem() < plenty) return null
  const { bavail, bsize } = statfsSync(memory)
  if (bavail * bsize < plenty) return null
  const folder = mkdtempSync(join(memory, 'lmnt-'))
  chmodSync(folder, 0o711) // root runs the databases as nobody, who must get through
  return folder
}
