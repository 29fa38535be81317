import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandLine } from '../../local/postgres/command-line.ts'

const limitMs = 20_000
/** A database that is killed leaves shared memory behind; SIGINT ends it within a second. */
const databaseMs = 5_000

/**
 * Ends every process that names one of these folders in its command line, and removes the folders. The folders are a test
 * run's own, so these are its test files, its databases, Klippy and Moonraker; services end by themselves with those.
 */
export async function reap(folders: string[]): Promise<void> {
  const began = Date.now()
  for (let left = processesOf(folders); left.length > 0 && Date.now() < began + limitMs; left = processesOf(folders)) {
    const isPatient = Date.now() < began + databaseMs
    for (const pid of left) kill(pid, isPatient && commandLine(pid).includes('/bin/postgres') ? 'SIGINT' : 'SIGKILL')
    await sleep(50)
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** The processes that name one of these folders in their command line; the own one is none of them. */
export function processesOf(folders: string[]): number[] {
  return allPids().filter(pid => {
    if (pid === process.pid) return false
    const line = commandLine(pid)
    return folders.some(folder => line.includes(folder))
  })
}

function allPids(): number[] {
  const names = existsSync('/proc/self')
    ? readdirSync('/proc')
    : spawnSync('ps', ['-axo', 'pid='], { encoding: 'utf8' }).stdout.split('\n')
  return names.map(Number).filter(pid => Number.isInteger(pid) && pid > 1)
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // It has just ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
