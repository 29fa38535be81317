import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** The folder with the sealed G-code of unfinished jobs. */
export function spoolDir(dataDir: string): string {
  return join(dataDir, 'spool')
}

export function spoolPath(dataDir: string, jobId: string): string {
  return join(spoolDir(dataDir), `${jobId}.lmnt`)
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
