import { chmodSync, existsSync, mkdtempSync, statfsSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'

const memory = '/dev/shm'
/** Ten times what a whole run holds at once. */
const plenty = 2 * 2 ** 30

/**
 * A folder for all that the tests write, in memory where there is room. A database is 400 files, and a run makes and removes
 * hundreds of databases, while the doubles and the edge wait for the disk at every word.
 */
export function makeScratch(place = hasRoom(memory) ? memory : tmpdir()): string {
  const folder = mkdtempSync(join(place, 'lmnt-'))
  chmodSync(folder, 0o711) // root runs the databases as nobody, who must get through
  return folder
}

function hasRoom(folder: string): boolean {
  if (!existsSync(folder) || freemem() < plenty) return false
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize >= plenty
}
