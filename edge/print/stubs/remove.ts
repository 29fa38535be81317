import { rm, rmdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { EdgeContext } from '../../context.ts'
import { findStub, gcodesRoot } from './file.ts'
import { stubFolder } from './index.ts'

const pictureFolder = join(stubFolder, '.thumbs')

/** The pictures that Moonraker extracted from a stub. Moonraker does not always remove them with the stub. */
function picturesOf(file: string): string[] {
  const name = basename(file, '.gcode')
  return [32, 300].map(side => join(pictureFolder, `${name}-${side}x${side}.png`))
}

/**
 * Removes all stubs, since none of them can be printed after a change of the registration. Somebody else's file with the name of a stub
 * stays. Never rejects: a stub that cannot be removed fails with a message when it is printed.
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
      // Fails when there are other files in it.
      await rmdir(join(root, pictureFolder)).catch(() => {})
      await rmdir(join(root, stubFolder)).catch(() => {})
    })
  } catch (error) {
    ctx.log.warn({ err: error }, 'not all stubs could be removed')
  }
}
