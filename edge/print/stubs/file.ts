import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { EdgeContext } from '../../context.ts'

/** A stub is some 100 KiB with its pictures; a larger file at its place is not one. */
const largestStub = 1024 * 1024

/** What lies at a stub's place: its text, nothing, or what somebody else has put there, which is theirs. */
export type StubFile = { kind: 'stub'; text: string } | { kind: 'nothing' } | { kind: 'foreign' }

/** Known by the purchase that it prints: people edit stubs, and move other files to their names. */
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

/** Writes the file whole or not at all. One that was there keeps its modification time. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const old = await stat(path).catch(() => null)
  // Not a name that Moonraker would list while it is written.
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

/** Where the files are that can be printed. Errors: printer_offline, MoonrakerError. */
export async function gcodesRoot(ctx: EdgeContext): Promise<string> {
  const roots = await ctx.moonraker.call('server.files.roots', undefined, rootsAnswer)
  const root = roots.find(one => one.name === 'gcodes')?.path
  if (root === undefined) throw new Error('Moonraker names no gcodes root')
  return root
}
