import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * The binaries at a place where another user can run them. A clone under a home of mode 0700 is closed to `nobody`, so
 * they are copied once to a folder of ours in the temporary directory.
 */
export function reachableNative(native: string, uid: number): string {
  if (canRun(native, uid)) return native
  const version = statSync(join(native, 'bin/postgres')).mtimeMs.toFixed(0)
  const copy = join(tmpdir(), `lmnt-postgres-${version}`)
  const owner = existsSync(copy) ? statSync(copy).uid : process.getuid?.()
  // Never run a program that somebody else could have put there.
  if (owner !== process.getuid?.()) throw new Error(`${copy} belongs to another user: remove it and start again.`)
  if (!existsSync(join(copy, 'bin/postgres'))) {
    const staging = `${copy}-${process.pid}`
    mkdirSync(dirname(staging), { recursive: true })
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
