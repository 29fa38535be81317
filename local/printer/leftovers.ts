import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandLine } from '../postgres/command-line.ts'

const fileName = 'processes.json'
const stopMs = 10_000

/** Records the processes of that folder's printer: they do not end with the process that started them. */
export function noteProcesses(dataDir: string, pids: number[]): void {
  writeFileSync(join(dataDir, fileName), JSON.stringify(pids))
}

export function forgetProcesses(dataDir: string): void {
  rmSync(join(dataDir, fileName), { force: true })
}

/** Stops the processes of a killed start, if any: they hold the port and the database. */
export async function stopLeftovers(dataDir: string): Promise<void> {
  const file = join(dataDir, fileName)
  if (!existsSync(file)) return
  const pids = readPids(file).filter(pid => isOfFolder(pid, dataDir))
  for (const pid of pids) signal(pid, 'SIGTERM')
  const deadline = Date.now() + stopMs
  for (const pid of pids) {
    while (isOfFolder(pid, dataDir)) {
      if (Date.now() > deadline) signal(pid, 'SIGKILL')
      await sleep(50)
    }
  }
  forgetProcesses(dataDir)
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    // It has just ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function readPids(file: string): number[] {
  try {
    const pids: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return Array.isArray(pids) ? pids.filter(pid => Number.isInteger(pid) && pid > 1) : []
  } catch {
    return []
  }
}

/** The number may be another program's by now: ours name the folder in their command lines. */
function isOfFolder(pid: number, dataDir: string): boolean {
  return commandLine(pid).includes(dataDir)
}
