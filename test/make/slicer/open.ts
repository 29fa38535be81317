/** The child that opens models, bundled as `npm run build` does it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bundleWhole } from '../../../local/build.ts'

/** The caller removes it. */
export async function bundleOpener(): Promise<{ path: string; remove: () => void }> {
  const folder = mkdtempSync(join(resolve('node_modules/.cache'), 'lmnt-open-'))
  await bundleWhole({ open: 'slicer/open/child.ts' }, folder)
  return { path: join(folder, 'open.js'), remove: () => rmSync(folder, { recursive: true, force: true }) }
}
