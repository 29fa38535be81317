import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** The folder with the sealed G-code of unfinished jobs. */
export function spoolDir(dataDir: string): string {
  return join(dataDir, 'spool')
}

export function spoolPath(dataDir: string, jobId: string): string {
  return join(spoolDir(dataDir), `${jobId}.lmnt`)
}

const readSize = 256 * 1024

/** The file's SHA-256 in base 16. Errors: those of the disk, the signal's abort. */
export async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: readSize, signal })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

export async function removeSpool(dataDir: string, jobId: string): Promise<void> {
  const path = spoolPath(dataDir, jobId)
  await rm(path, { force: true })
  await rm(`${path}.part`, { force: true })
}

/** Removes the spools of all other jobs. */
export async function removeOtherSpools(dataDir: string, jobIds: readonly string[]): Promise<void> {
  const names = await readdir(spoolDir(dataDir)).catch(() => [])
  for (const name of names.filter(one => !jobIds.some(id => one.startsWith(`${id}.`)))) {
    await rm(join(spoolDir(dataDir), name), { force: true })
  }
}
