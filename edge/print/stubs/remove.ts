import { rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { EdgeContext } from '../../context.ts'
import { findStub, gcodesRoot } from './file.ts'
import { stubFolder } from './index.ts'

/**
 * Removes the stubs of what was prepared for this printer, since none of them can be printed any more. A file that somebody else
 * has put in a stub's place stays. Never rejects: a stub that stays behind only says so when it is printed.
 */
export async function removeStubs(ctx: EdgeContext): Promise<void> {
  try {
    await ctx.stubs.inTurn(async () => {
      const root = await gcodesRoot(ctx)
      for (const { purchaseId, file } of ctx.stubs.all()) {
        const path = join(root, file)
        if ((await findStub(path, purchaseId)).kind === 'stub') await rm(path, { force: true })
      }
      // Only when nothing else is in it.
      await rmdir(join(root, stubFolder)).catch(() => {})
    })
  } catch (error) {
    ctx.log.warn({ err: error }, 'not all stubs could be removed')
  }
}
