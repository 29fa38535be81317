import { rm, rmdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { EdgeContext } from '../../context.ts'
import { findStub, gcodesRoot } from './file.ts'
import { stubFolder } from './index.ts'

const pictureFolder = join(stubFolder, '.thumbs')

/** What Moonraker has taken out of a stub; it removes them only when it sees the folder change, and leaves theirs behind. */
function picturesOf(file: string): string[] {
  const name = basename(file, '.gcode')
  return [32, 300].map(side => join(pictureFolder, `${name}-${side}x${side}.png`))
}

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
        if ((await findStub(path, purchaseId)).kind !== 'stub') continue
        await rm(path, { force: true })
        for (const picture of picturesOf(file)) await rm(join(root, picture), { force: true })
      }
      // Only when nothing else is in them.
      await rmdir(join(root, pictureFolder)).catch(() => {})
      await rmdir(join(root, stubFolder)).catch(() => {})
    })
  } catch (error) {
    ctx.log.warn({ err: error }, 'not all stubs could be removed')
  }
}
