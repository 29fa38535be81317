/**
 * Runs test files one after another in this process: the parent sends the path of a bundle, and gets an exit code back when
 * uvu has run the file's suites and nothing of the file keeps the process alive. That moment is Node's `beforeExit`, so a
 * file that leaves a handle open hangs here as it would in a process of its own.
 */
import { existsSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

export interface FileDone {
  status: number
  /** CPU time of this process and of its children that have ended. */
  cpuSeconds: number
}

declare global {
  var UVU_DEFER: boolean
  var UVU_QUEUE: (null | (() => unknown))[][]
}

// uvu looks at this when it is loaded: its suites wait for exec().
globalThis.UVU_DEFER = true
const { exec } = await import('uvu')

/** As Node ends a process whose main module waits for ever. */
const unfinished = 13

const ticksPerSecond = 100
const environment = { ...process.env }
let exitCode = unfinished
let usedBefore = cpuSeconds()

process.on('message', (bundle: string) => {
  exitCode = unfinished
  process.channel?.unref()
  UVU_QUEUE.splice(0, UVU_QUEUE.length, [null])
  void runFile(bundle)
})

process.on('beforeExit', () => {
  if (!process.connected) return
  process.exitCode = 0
  restoreEnvironment()
  process.channel?.ref()
  const used = cpuSeconds()
  process.send?.({ status: exitCode, cpuSeconds: used - usedBefore } satisfies FileDone)
  usedBefore = used
})

/** What it throws ends the process, as an error while a main module loads does. */
async function runFile(bundle: string): Promise<void> {
  await import(pathToFileURL(bundle).href)
  await exec()
  exitCode = Number(process.exitCode ?? 0)
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6 + childrenSeconds()
}

/** Linux says it of the children that have ended; elsewhere nothing does. */
function childrenSeconds(): number {
  if (!existsSync('/proc/self/stat')) return 0
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond
}

function restoreEnvironment(): void {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name]
  Object.assign(process.env, environment)
}
