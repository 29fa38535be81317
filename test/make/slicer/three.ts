/** The `three` engine as in production: its child as the build makes it, in the best sandbox of this host. */
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
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

const child = resolve('dist/slicer-three.js')

/** A copy of the engine's child, for a test that looks for its own processes by their path. The caller removes it. */
export function copyThree(): { path: string; remove: () => void } {
  const folder = resolve('node_modules/.cache/lmnt-test')
  mkdirSync(folder, { recursive: true })
  const path = `${folder}/slicer-three-${process.pid}.mjs`
  copyFileSync(child, path)
  return { path, remove: () => rmSync(path, { force: true }) }
}

export async function makeThree({
  path = child,
  kind,
  ...changes
}: Partial<ThreeOptions> & { path?: string; kind?: Sandbox['kind'] } = {}) {
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
