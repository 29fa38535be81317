/** How the `three` engine's child process is started, and what it may read: its program, the engine, and nothing else. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Access, Command } from './sandbox.ts'

/**
 * `path` is the bundled child (dist/three-child.js), or in development slicer/engines/three-child.ts, which tsx then
 * translates while it starts.
 */
export function threeCommand(path: string): Command & Access {
  const isSource = path.endsWith('.ts')
  const require = createRequire(path)
  return {
    program: process.execPath,
    args: isSource ? [...tsxArgs(require), path] : [path],
    readable: [
      isSource ? dirname(path) : path,
      // Says that the file is a module.
      nearest(path, 'package.json'),
      ...(isSource ? [nearest(path, 'node_modules')] : enginePackages(require)),
    ],
  }
}

/** The version of the engine that a child at `path` would load. */
export function threeVersion(path: string): string {
  return createRequire(path)('three-slicer/package.json').version
}

/** tsx keeps what it has translated in the temporary directory, unless the environment, of which there is none, says not to. */
function tsxArgs(require: NodeJS.Require): string[] {
  const withoutCache = 'data:text/javascript,process.env.TSX_DISABLE_CACHE="1"'
  return ['--import', withoutCache, '--import', pathToFileURL(require.resolve('tsx')).href]
}

function enginePackages(require: NodeJS.Require): string[] {
  const engine = dirname(require.resolve('three-slicer/package.json'))
  const settings = dirname(createRequire(join(engine, 'package.json')).resolve('three-slicer-viewer/package.json'))
  return [engine, settings]
}

/** The nearest file or folder of this name in the folders above a path. */
function nearest(path: string, name: string): string {
  const folder = dirname(path)
  if (existsSync(join(folder, name))) return join(folder, name)
  if (folder === path) throw new Error(`there is no ${name} above the engine's program`)
  return nearest(folder, name)
}
