import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Program } from '../build.ts'
import type { Folders } from './folders.ts'

export interface Service {
  name: string
  /** Resolves with the content of its `ready {...}` line (the doubles print one). */
  said: () => Promise<Record<string, unknown>>
  /** Resolves when the service has logged that it listens at `url`, and GET `url` answers 200. */
  answers: (url: string) => Promise<void>
  /** Sends a message over the channel between parent and child: tells a double which faults to inject. */
  tell: (message: object) => void
  stop: () => Promise<void>
  /** The id of the present process; it changes after a restart. */
  pid: () => number
}

export interface Start {
  /** The name of the service and of its log file, when several run the same program. */
  name?: string
  nodeFlags?: string[]
}

export interface Supervisor {
  start: (program: Program, env: Record<string, string>, options?: Start) => Service
  /** Rejects when a service ends unexpectedly, with the end of its log. */
  failed: Promise<never>
  pids: () => Record<string, number>
  /** Stops all services, the newest first. */
  stop: () => Promise<void>
}

/** Another program took a port after it was chosen. The start may succeed with other ports. */
export class PortTaken extends Error {}

const saysPortTaken = /EADDRINUSE|address already in use/i

/**
 * A small young generation: our services stream, and V8's default would let each keep 30 MB of garbage. One thread collects
 * it: beside ten other processes, the helpers of a collection wait for each other, which costs a tenth of all CPU time.
 */
const nodeFlags = [
  '--enable-source-maps',
  '--max-semi-space-size=2',
  '--single-threaded-gc',
  '--max-old-space-size=256',
]

const startLimitMs = 60_000
const stopLimitMs = 8_000
const restartAfterMs = 200
const lookEveryMs = 25

/**
 * Runs our processes as production does: a bundled file each, with only its own environment. With `isKeptUp`, restarts a process
 * that ends, as systemd and Cloud Run do.
 */
export function createSupervisor(
  { logs, temporary }: Pick<Folders, 'logs' | 'temporary'>,
  { isKeptUp = false }: { isKeptUp?: boolean } = {},
): Supervisor {
  const running: Service[] = []
  let isStopping = false
  let fail: (error: Error) => void
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  failed.catch(() => {})

  function start(program: Program, env: Record<string, string>, options: Start = {}): Service {
    const { name = program } = options
    const logFile = join(logs, `${name}.log`)
    if (existsSync(logFile)) renameSync(logFile, `${logFile}.old`)
    let isUp = false
    let child = launch()

    function launch(): ChildProcess {
      const log = openSync(logFile, 'a', 0o600)
      const launched = spawn(process.execPath, [...nodeFlags, ...(options.nodeFlags ?? []), `dist/${program}.js`], {
        env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', TMPDIR: temporary, MALLOC_ARENA_MAX: '2', ...env },
        // Its own process group, so that Ctrl-C reaches only us and we stop the services in order. Over the channel, a service
        // notices that its parent was killed, and ends.
        detached: true,
        stdio: ['ignore', log, log, 'ipc'],
      })
      closeSync(log)
      launched.once('error', fail)
      launched.once('exit', (code, signal) => {
        if (isStopping) return
        const ending = `${name} ended with ${signal ?? code}. The end of its log:\n${tail(logFile)}`
        if (!isUp && saysPortTaken.test(ending)) fail(new PortTaken(ending))
        else if (isKeptUp) setTimeout(relaunch, restartAfterMs)
        else fail(new Error(ending))
      })
      return launched
    }

    function relaunch(): void {
      if (!isStopping) child = launch()
    }

    async function untilUp<T>(what: string, look: () => Promise<T | null> | T | null): Promise<T> {
      const found = await until(what, look)
      isUp = true
      return found
    }

    const service: Service = {
      name,
      pid: () => child.pid ?? 0,
      // The process may have been killed a moment ago: then its channel is closed.
      tell: message => void child.send(message, () => {}),
      said: () => untilUp(`${name} to be ready`, () => readyLine(logFile)),
      // The service must also have logged that it listens: otherwise another program may be answering on its port.
      answers: async url => {
        await untilUp(`${name} at ${url}`, async () => (listensAt(logFile, new URL(url).origin) ? isOk(url) : null))
      },
      stop: () => stopChild(child),
    }
    running.push(service)
    return service
  }

  /** Polls until there is a value. Rejects when the service has ended or the time limit is over. */
  async function until<T>(what: string, look: () => Promise<T | null> | T | null): Promise<T> {
    const deadline = Date.now() + startLimitMs
    for (;;) {
      const found = await Promise.race([look(), failed])
      if (found !== null) return found
      if (Date.now() > deadline) throw new Error(`waited ${startLimitMs / 1000} s for ${what}: see the logs in ${logs}`)
      await new Promise(resolve => setTimeout(resolve, lookEveryMs))
    }
  }

  return {
    start,
    failed,
    pids: () => Object.fromEntries(running.map(service => [service.name, service.pid()])),
    stop: async () => {
      isStopping = true
      for (const service of running.splice(0).reverse()) await service.stop()
    },
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), stopLimitMs)
  await ended
  clearTimeout(kill)
}

function readyLine(logFile: string): Record<string, unknown> | null {
  const line = /^ready (\{.*\})$/m.exec(readFileSync(logFile, 'utf8'))
  return line?.[1] ? JSON.parse(line[1]) : null
}

function listensAt(logFile: string, url: string): boolean {
  return readFileSync(logFile, 'utf8').includes(`"url":"${url}"`)
}

async function isOk(url: string): Promise<true | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
    await response.arrayBuffer()
    return response.ok ? true : null
  } catch {
    return null
  }
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').split('\n').slice(-15).join('\n')
}
