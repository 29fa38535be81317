/** The `three` engine as in production: its child bundled, in the best sandbox of this host. */
import { mkdirSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from 'esbuild'
import { silentLog } from '../../../runtime/log.ts'
import type { SliceableModel } from '../../../slicer/engines/engine.ts'
import { threeCommand, threePackage } from '../../../slicer/engines/three/command.ts'
import { type ThreeOptions, threeEngine } from '../../../slicer/engines/three/three.ts'
import { analyse } from '../../../slicer/model/analyse.ts'
import { canonicalStl } from '../../../slicer/model/canonical.ts'
import { parsePlain } from '../../../slicer/model/parse.ts'
import { findSandbox } from '../../../slicer/sandbox/find.ts'
import type { Sandbox } from '../../../slicer/sandbox/sandbox.ts'
import { binaryStl, type Triangle } from './models.ts'

/** Bundles one of our programs; packages stay external. The caller removes the bundle. */
export async function bundle(source: string): Promise<{ path: string; remove: () => void }> {
  const folder = resolve('node_modules/.cache/lmnt-test')
  mkdirSync(folder, { recursive: true })
  const path = `${folder}/${source.replace(/\W+/g, '-')}-${process.pid}.mjs`
  await build({
    entryPoints: [source],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  })
  return { path, remove: () => rmSync(path, { force: true }) }
}

export async function makeThree(
  path: string,
  { kind, ...changes }: Partial<ThreeOptions> & { kind?: Sandbox['kind'] } = {},
) {
  return threeEngine({
    about: threePackage(path),
    command: threeCommand(path),
    sandbox: await findSandbox(kind ? [kind] : undefined),
    timeoutSeconds: 60,
    memoryMib: 1024,
    log: silentLog,
    ...changes,
  })
}

export function sliceable(model: readonly Triangle[] | Buffer): SliceableModel {
  const mesh = parsePlain(Buffer.isBuffer(model) ? model : binaryStl(model))
  const { bounds, size } = analyse(mesh)
  return { stl: canonicalStl(mesh, bounds), size }
}
