import { readFile, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { EdgeContext } from '../context.ts'
import { gcodesRoot, stubFolder } from './stub.ts'

/** A stub is some 100 KiB with its pictures; a larger file at its place is not one. */
const largestStub = 1024 * 1024

/**
 * Removes the stubs of what was prepared for this printer, since none of them can be printed any more. A file that somebody else
 * has put in a stub's place stays. Never rejects: a stub that stays behind only says so when it is printed.
 */
export async function removeStubs(ctx: EdgeContext): Promise<void> {
  try {
    const root = await gcodesRoot(ctx)
    for (const { purchaseId, file } of ctx.stubs.all()) {
      const path = join(root, file)
      if (await isStub(path, purchaseId)) await rm(path, { force: true })
    }
    // Only when nothing else is in it.
    await rmdir(join(root, stubFolder)).catch(() => {})
  } catch (error) {
    ctx.log.warn({ err: error }, 'not all stubs could be removed')
  }
}

async function isStub(path: string, purchaseId: string): Promise<boolean> {
  const found = await stat(path).catch(() => null)
  if (!found?.isFile() || found.size > largestStub) return false
  return (await readFile(path, 'utf8')).includes(`\nSTREAM_GCODE_LINE JOB=${purchaseId}\n`)
}
