import { mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bundleWhole } from '../../../local/build.ts'

/** Bundles the child that opens models, as `npm run build` does. The caller removes the bundle. */
export async function bundleOpener(): Promise<{ path: string; remove: () => void }> {
  const folder = mkdtempSync(join(resolve('node_modules/.cache'), 'lmnt-open-'))
  await bundleWhole({ open: 'slicer/open/child.ts' }, folder)
  return { path: join(folder, 'open.js'), remove: () => rmSync(folder, { recursive: true, force: true }) }
}
