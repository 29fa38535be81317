import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine } from '../postgres/command-line.ts'
import type { Folders } from './folders.ts'

/** One local marketplace a clone: throws when another start is alive. Returns what gives the lock back. */
export function lock(folders: Folders): () => void {
  const file = join(folders.data, 'start.pid')
  if (!take(file)) {
    const pid = Number(readFileSync(file, 'utf8'))
    if (pid > 1 && commandLine(pid).includes('local/stack/start.ts')) {
      throw new Error(
        `The local marketplace runs already (process ${pid}): stop that one first, by Ctrl-C in its terminal.`,
      )
    }
    // What a killed start left.
    rmSync(file, { force: true })
    if (!take(file)) throw new Error('Another start of the local marketplace was quicker.')
  }
  return () => rmSync(file, { force: true })
}

/** Makes the file with our pid in it; false when there is one. */
function take(file: string): boolean {
  try {
    const made = openSync(file, 'wx')
    writeSync(made, String(process.pid))
    closeSync(made)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}
