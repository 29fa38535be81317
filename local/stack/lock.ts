import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine } from '../postgres/command-line.ts'
import type { Folders } from './folders.ts'

/** Allows one local marketplace per clone: throws when another is running. Returns a function that releases the lock. */
export function lock(folders: Folders): () => void {
  const file = join(folders.data, 'start.pid')
  if (!take(file)) {
    const pid = runningPid(folders)
    if (pid !== null) {
      throw new Error(
        `The local marketplace is already running (process ${pid}). Stop it first, with Ctrl-C in its terminal.`,
      )
    }
    // The lock of a killed start.
    rmSync(file, { force: true })
    if (!take(file)) throw new Error('Another start of the local marketplace took the lock first.')
  }
  return () => rmSync(file, { force: true })
}

/** The process id of the running marketplace; null when there is none. */
export function runningPid(folders: Folders): number | null {
  const file = join(folders.data, 'start.pid')
  if (!existsSync(file)) return null
  const pid = Number(readFileSync(file, 'utf8'))
  return pid > 1 && /local\/stack\/(start|dev)\.ts/.test(commandLine(pid)) ? pid : null
}

/** Creates the lock file with our pid; false when the file exists. */
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
