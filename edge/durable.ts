import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { z } from 'zod'
import { ConfigError } from '../runtime/config.ts'
import type { Log } from '../runtime/log.ts'

/** Makes a folder that only the edge's user may enter. */
export async function makePrivateDir(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
}

const temporaryEnd = '.new'
const jsonEnd = '.json'
const damagedEnd = '.damaged'

/** One of our files with content that we did not write: after a disk error, or an edit by hand. */
class DamagedFile extends ConfigError {}

/**
 * Writes a file so that after a power cut either the old or the new text is there, whole. Readable by its owner only. When
 * the disk refuses the new file, the old one stays, and no part of the new one.
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

/**
 * Opens a folder of our JSON files: creates it, removes files that a crash left half written, reads the others. A damaged file
 * is renamed to NAME.damaged, so that it does not block the others; `damaged` has their names without `.json`, also from earlier
 * starts.
 */
export async function openFolder<T extends z.ZodType>(
  folder: string,
  schema: T,
  log: Log,
): Promise<{ read: z.infer<T>[]; damaged: Set<string> }> {
  await makePrivateDir(folder)
  const read: z.infer<T>[] = []
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name)
    if (name.endsWith(temporaryEnd)) await rm(path, { force: true })
    else if (name.endsWith(jsonEnd)) {
      const content = await readOrPutAside(path, schema, log)
      if (content !== null) read.push(content)
    }
  }
  const aside = (await readdir(folder)).filter(name => name.endsWith(jsonEnd + damagedEnd))
  return { read, damaged: new Set(aside.map(name => name.slice(0, -(jsonEnd + damagedEnd).length))) }
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

/**
 * Reads a JSON file of ours; null when there is none. Throws ConfigError when it cannot be used: better a stop than a guess. The
 * message repeats nothing of its content, which may hold a token.
 */
export async function readJson<T extends z.ZodType>(path: string, schema: T): Promise<z.infer<T> | null> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw new ConfigError(`${path} cannot be read: ${message}`, { cause: error })
  }
  const parsed = schema.safeParse(fromJson(text))
  if (parsed.success) return parsed.data
  const remedy = 'Put a good copy in its place, or move it away to go on without it; then start the edge again.'
  throw new DamagedFile(`${path} is damaged. ${remedy}`)
}

/** As readJson; but a damaged file is put aside as NAME.damaged and counts as none. For what the edge can do without. */
export async function readOrPutAside<T extends z.ZodType>(
  path: string,
  schema: T,
  log: Log,
): Promise<z.infer<T> | null> {
  try {
    return await readJson(path, schema)
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error
    await rename(path, path + damagedEnd)
    await syncDir(dirname(path))
    log.error({ file: path + damagedEnd }, 'a damaged file is put aside')
    return null
  }
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
