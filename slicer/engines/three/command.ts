/** The command that starts the `three` engine's child, and the files that it may read: its program and the engine. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { kernelSettingKeys } from 'three-slicer/settings'
import type { Access, Command } from '../../sandbox/sandbox.ts'
import type { Engine } from '../engine.ts'
import { ignoredSettings } from '../ignored.ts'

/**
 * `path` is child.ts as bundled by `npm run build`. The source would also run by tsx, which would compile the engine's
 * five megabytes in every child: about eight seconds per slice.
 */
export function threeCommand(path: string): Command & Access {
  const require = createRequire(path)
  const engine = dirname(require.resolve('three-slicer/package.json'))
  const settings = dirname(createRequire(join(engine, 'package.json')).resolve('three-slicer-viewer/package.json'))
  // Node reads package.json to know that the program is an ES module.
  return { program: process.execPath, args: [path], readable: [path, packageJsonOf(path), engine, settings] }
}

export type ThreePackage = Pick<Engine, 'version' | 'license' | 'source_url' | 'ignores'>

/** Name, version and licence from the package.json of the engine that a child at `path` loads. */
export function threePackage(path: string): ThreePackage {
  const { version, license, repository } = createRequire(path)('three-slicer/package.json')
  const source_url = repository.url.replace(/^git\+|\.git$/g, '')
  return { version, license, source_url, ignores: ignoredSettings(kernelSettingKeys) }
}

/** The nearest package.json above a program. */
export function packageJsonOf(path: string): string {
  const folder = dirname(path)
  const candidate = join(folder, 'package.json')
  if (existsSync(candidate)) return candidate
  if (folder === path) throw new Error("there is no package.json above the engine's program")
  return packageJsonOf(folder)
}
