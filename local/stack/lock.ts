import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine } from '../postgres/command-line.ts'
import type { Folders } from './folders.ts'

/** One local marketplace a clone: throws when another start is alive. Returns what gives the lock back. */
export function lock(folders: Folders): () => void {
  const file = join(folders.data, 'start.pid')
  if (!take(file)) {
    const pid = runningPid(folders)
    if (pid !== null) {
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

/** The process of the start that is alive, null when there is none. */
export function runningPid(folders: Folders): number | null {
  const file = join(folders.data, 'start.pid')
  if (!existsSync(file)) return null
  const pid = Number(readFileSync(file, 'utf8'))
  return pid > 1 && /local\/stack\/(start|dev)\.ts/.test(commandLine(pid)) ? pid : null
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
