import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import type { FileDone } from './worker.ts'

export interface FileEnd {
  /** All that the file wrote. */
  output: string
  isLate: boolean
  /** Not 0 when a test failed, the process died or the file never ended. */
  status: number | null
  /** 0 when the process died. */
  cpuSeconds: number
}

export interface Lane {
  run: (file: string) => Promise<FileEnd>
  close: () => Promise<void>
}

interface LaneOptions {
  /** worker.ts, bundled. */
  program: string
  /** What the files write is collected there. */
  outputFile: string
  bundleOf: (file: string) => string
  environmentFor: (file: string) => NodeJS.ProcessEnv
  runsAlone: (file: string) => boolean
  timeLimitMs: number
}

/**
 * Runs files one after another in one worker (worker.ts), which loads once what they share. A file that runs
 * alone, needs other variables or follows one that failed gets a new worker.
 */
export function openLane(options: LaneOptions): Lane {
  const { program, outputFile, environmentFor, timeLimitMs } = options
  let worker: ChildProcess | undefined
  let workerEnvironment = ''

  function workerFor(file: string): ChildProcess {
    const env = environmentFor(file)
    // A file: what is written to it is there at once, also when the process is killed.
    const output = openSync(outputFile, 'a')
    worker = spawn(process.execPath, ['--enable-source-maps', program], {
      env: { ...process.env, ...env },
      stdio: ['ignore', output, output, 'ipc'],
    })
    closeSync(output)
    workerEnvironment = JSON.stringify(env)
    return worker
  }

  async function endWorker(): Promise<void> {
    if (isAlive(worker)) {
      const ended = once(worker, 'exit')
      worker.disconnect()
      await ended
    }
    worker = undefined
  }

  return {
    async run(file) {
      const isAlone = options.runsAlone(file)
      if (isAlone || workerEnvironment !== JSON.stringify(environmentFor(file))) await endWorker()
      const end = await runIn(isAlive(worker) ? worker : workerFor(file), options.bundleOf(file), timeLimitMs)
      const output = readFileSync(outputFile, 'utf8')
      truncateSync(outputFile)
      if (isAlone || end.status !== 0) await endWorker()
      return { output, ...end }
    },
    async close() {
      await endWorker()
      rmSync(outputFile, { force: true })
    },
  }
}

function isAlive(worker: ChildProcess | undefined): worker is ChildProcess {
  return worker !== undefined && worker.exitCode === null && worker.signalCode === null && worker.connected
}

async function runIn(worker: ChildProcess, bundle: string, timeLimitMs: number): Promise<Omit<FileEnd, 'output'>> {
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    worker.kill('SIGKILL')
  }, timeLimitMs)
  const stop = new AbortController()
  const { signal } = stop
  try {
    worker.send(bundle)
    const done = once(worker, 'message', { signal }).then(([done]: FileDone[]) => done!)
    const died = once(worker, 'exit', { signal }).then(([status]) => ({ status, cpuSeconds: 0 }))
    const end = await Promise.race([done, died])
    return { ...end, isLate }
  } finally {
    stop.abort()
    clearTimeout(timer)
  }
}
