import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The binaries in a folder where another user can run them. A clone under a home of mode 0700 is closed to `nobody`, so they
 * are copied once to beside the data folder, which that user must reach, too, and which is removed with it.
 */
export function reachableNative(native: string, uid: number, dataDir: string): string {
  if (canRun(native, uid)) return native
  const version = statSync(join(native, 'bin/postgres')).mtimeMs.toFixed(0)
  const copy = `${dataDir}-programs-${version}`
  if (!existsSync(join(copy, 'bin/postgres'))) {
    const staging = `${copy}-${process.pid}`
    cpSync(native, staging, { recursive: true, verbatimSymlinks: true })
    rmSync(copy, { recursive: true, force: true })
    renameSync(staging, copy)
  }
  return copy
}

function canRun(native: string, uid: number): boolean {
  const program = join(native, 'bin/postgres')
  return spawnSync(program, ['--version'], { uid, gid: uid, stdio: 'ignore' }).status === 0
}
