/** How the `three` engine's child process is started, and what it may read: its program, the engine, and nothing else. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { kernelSettingKeys } from 'three-slicer/settings'
import type { Access, Command } from '../sandbox/sandbox.ts'
import type { Engine } from './engine.ts'
import { ignoredSettings } from './ignored.ts'

/**
 * `path` is three-child.ts as bundled by `npm run build`. Its source would do by way of tsx, which translates the engine's
 * five megabytes, too, in every child: some eight seconds a slice.
 */
export function threeCommand(path: string): Command & Access {
  const require = createRequire(path)
  const engine = dirname(require.resolve('three-slicer/package.json'))
  const settings = dirname(createRequire(join(engine, 'package.json')).resolve('three-slicer-viewer/package.json'))
  // package.json is what says that the program is a module.
  return { program: process.execPath, args: [path], readable: [path, packageJsonOf(path), engine, settings] }
}

export type ThreePackage = Pick<Engine, 'version' | 'license' | 'source_url' | 'ignores'>

/** What the package of the engine that a child at `path` would load says of itself. */
export function threePackage(path: string): ThreePackage {
  const { version, license, repository } = createRequire(path)('three-slicer/package.json')
  const source_url = repository.url.replace(/^git\+|\.git$/g, '')
  return { version, license, source_url, ignores: ignoredSettings(kernelSettingKeys) }
}

/** The package.json that holds for a program. */
export function packageJsonOf(path: string): string {
  const folder = dirname(path)
  const candidate = join(folder, 'package.json')
  if (existsSync(candidate)) return candidate
  if (folder === path) throw new Error("there is no package.json above the engine's program")
  return packageJsonOf(folder)
}
