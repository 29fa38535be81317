import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { EdgeContext } from '../../context.ts'

/** A stub has about 100 KiB with its pictures; a much larger file is not one. */
const largestStub = 1024 * 1024

/** The file at a stub's path: the stub, nothing, or somebody else's file, which is not changed. */
export type StubFile = { kind: 'stub'; text: string } | { kind: 'nothing' } | { kind: 'foreign' }

/** Reads the file at a stub's path. A stub contains the command with its purchase: people edit stubs, and rename other files. */
export async function findStub(path: string, purchaseId: string): Promise<StubFile> {
  try {
    const stats = await stat(path)
    if (!stats.isFile() || stats.size > largestStub) return { kind: 'foreign' }
    const text = await readFile(path, 'utf8')
    return new RegExp(`^STREAM_GCODE_LINE JOB=${purchaseId}\\b`, 'm').test(text)
      ? { kind: 'stub', text }
      : { kind: 'foreign' }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'nothing' }
    throw error
  }
}

/** Writes the whole file or nothing. A file that is replaced keeps its modification time. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const old = await stat(path).catch(() => null)
  // Moonraker does not list a file with this name.
  const temporary = `${path}.new`
  try {
    const file = await open(temporary, 'w', 0o644)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    if (old) await utimes(temporary, old.atime, old.mtime)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
}

const rootsAnswer = z.array(z.object({ name: z.string(), path: z.string() }))

/** The folder of Moonraker's printable files. Errors: printer_offline, MoonrakerError. */
export async function gcodesRoot(ctx: EdgeContext): Promise<string> {
  const roots = await ctx.moonraker.call('server.files.roots', undefined, rootsAnswer)
  const root = roots.find(one => one.name === 'gcodes')?.path
  if (root === undefined) throw new Error('Moonraker names no gcodes root')
  return root
}
