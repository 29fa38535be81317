import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Folders } from './folders.ts'

/** One local marketplace a clone: throws when another start is alive. Returns what gives the lock back. */
export function lock(folders: Folders): () => void {
  const file = join(folders.data, 'start.pid')
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  if (pid > 1 && pid !== process.pid && commandLine(pid).includes('local/stack/start.ts')) {
    throw new Error(
      `The local marketplace runs already (process ${pid}): stop that one first, by Ctrl-C in its terminal.`,
    )
  }
  writeFileSync(file, String(process.pid))
  return () => rmSync(file, { force: true })
}

function commandLine(pid: number): string {
  return spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? ''
}
