import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { z } from 'zod'

/** Makes a folder that only the edge's user may enter. */
export async function makePrivateDir(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
}

const temporaryEnd = '.new'

/**
 * Writes a file so that after a power cut either the old or the new text is there, whole. Readable by its owner only. When
 * the disk does not take it, the old one stays, and nothing of the new one.
 */
export async function writeDurable(path: string, text: string): Promise<void> {
  const temporary = `${path}${temporaryEnd}`
  try {
    const file = await open(temporary, 'w', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
  await syncDir(dirname(path))
}

/** Opens a folder of JSON files of ours: makes it, removes what a crash left half written, gives the names of the others. */
export async function openFolder(folder: string): Promise<string[]> {
  await makePrivateDir(folder)
  const names = await readdir(folder)
  for (const name of names) if (name.endsWith(temporaryEnd)) await rm(join(folder, name), { force: true })
  return names.filter(name => name.endsWith('.json')).sort()
}

export function isDiskFull(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  return code === 'ENOSPC' || code === 'EDQUOT'
}

export async function removeDurable(path: string): Promise<void> {
  await rm(path, { force: true })
  await syncDir(dirname(path))
}

/** A new or removed name is on the disk only once its folder is. */
export async function syncDir(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Reads a JSON file of ours; null when there is none. Throws when it cannot be used: better a stop than a guess. */
export async function readJson<T extends z.ZodType>(path: string, schema: T): Promise<z.infer<T> | null> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  return schema.parse(JSON.parse(text))
}
