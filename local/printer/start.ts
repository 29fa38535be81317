import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../free-port.ts'
import { moonrakerConf, type PrinterFiles, printerCfg } from './config.ts'
import { dictionaryText } from './dictionary.ts'
import { linkOurs, type PrinterEnvironment } from './environment.ts'
import { forgetProcesses, noteProcesses } from './leftovers.ts'

export interface RealPrinterOptions {
  environment: PrinterEnvironment
  /** Configuration, logs, database and the gcodes root are made here. */
  dataDir: string
  /** Where Klippy and Moonraker have their sockets: a short path, since the sockets' names have to fit. `comms` in dataDir. */
  socketsDir?: string
  /** Moonraker's; one that `choosePort` gives, which is any that is free. */
  port?: number
  choosePort?: () => Promise<number>
  /** The edge's socket, as it is written in our extra's configuration. */
  streamSocket: string
  /** False: a printer without our extra and component. */
  isOursInstalled?: boolean
  /** Klippy's option -v, with which it logs more than otherwise. */
  isVerbose?: boolean
  /** The same for Moonraker, which then logs every request. */
  isMoonrakerVerbose?: boolean
  /** More options of [lmnt_stream], such as "pause_after: 1". */
  streamOptions?: string[]
  /** More lines of printer.cfg, such as the sections of macros. */
  macros?: string[]
  /** More options of [lmnt_marketplace], such as "warn_after: 1". */
  componentOptions?: string[]
  /** More lines of moonraker.conf, such as the section of its job queue. */
  moonrakerSections?: string[]
  /** False: the lines of a print are not counted and hashed, which saves time. */
  isRecorded?: boolean
  /** Default: true. False: Klippy is that of Klipper itself. */
  isKalico?: boolean
}

export interface RealPrinter {
  /** Such as http://127.0.0.1:7125 */
  url: string
  /** Such as ws://127.0.0.1:7125/websocket */
  websocketUrl: string
  gcodesDir: string
  klippyLog: string
  moonrakerLog: string
  /** Resolves when Klippy or Moonraker has ended, with a word for people. */
  ended: Promise<string>
  /** Ends Moonraker and starts it again, as an update does; a print goes on meanwhile. */
  restartMoonraker: () => Promise<void>
  close: () => Promise<void>
}

const readyMs = 60_000
const stopMs = 5000
const tries = 3

/** Another program has the port. Worded like Node's error, so that a parent process can recognise it and choose another port. */
class PortTaken extends Error {
  constructor(port: number) {
    super(`listen EADDRINUSE: address already in use 127.0.0.1:${port}`)
  }
}

/**
 * Starts real Klippy, on a micro-controller that is not there, and real Moonraker with it, on 127.0.0.1 only. Without a port of the
 * caller's one is chosen before Moonraker listens there; when another program takes it in between, all begins again.
 */
export async function startRealPrinter(options: RealPrinterOptions): Promise<RealPrinter> {
  if (options.port !== undefined) return startAt(options.port, options)
  for (let tried = 1; ; tried++) {
    try {
      return await startAt(await (options.choosePort ?? freePort)(), options)
    } catch (error) {
      if (!(error instanceof PortTaken) || tried === tries) throw error
    }
  }
}

async function startAt(port: number, options: RealPrinterOptions): Promise<RealPrinter> {
  const { environment, dataDir, isOursInstalled = true } = options
  linkOurs(environment)
  const socketsDir = options.socketsDir ?? join(dataDir, 'comms')
  for (const folder of ['config', 'gcodes', 'logs']) mkdirSync(join(dataDir, folder), { recursive: true })
  mkdirSync(socketsDir, { recursive: true })
  const path = (...names: string[]) => join(realpathSync(dataDir), ...names)
  const socket = (name: string) => join(realpathSync(socketsDir), name)
  const files: PrinterFiles = {
    gcodesDir: path('gcodes'),
    streamSocket: isOursInstalled ? options.streamSocket : null,
    klippySocket: socket('klippy.sock'),
    port,
    streamOptions: options.streamOptions ?? [],
    macros: options.macros ?? [],
    componentOptions: options.componentOptions ?? [],
    moonrakerSections: options.moonrakerSections ?? [],
    isRecorded: options.isRecorded ?? true,
    isKalico: options.isKalico ?? true,
  }
  writeFileSync(path('config', 'printer.cfg'), printerCfg(files))
  writeFileSync(path('config', 'moonraker.conf'), moonrakerConf(files))
  writeFileSync(path('config', 'mcu.dict'), dictionaryText())
  const klippyLog = path('logs', 'klippy.log')
  const moonrakerLog = path('logs', 'moonraker.log')

  const klippyOptions = ['-o', '/dev/null', '-d', path('config', 'mcu.dict'), '-a', files.klippySocket]
  const klippy = start(environment, 'kalico', [
    path('config', 'printer.cfg'),
    ...klippyOptions,
    ...['-I', socket('klippy.tty'), '-l', klippyLog],
    ...(options.isVerbose ? ['-v'] : []),
  ])
  let replaced: ChildProcess | null = null
  let tellEnded: (words: string) => void
  const ended = new Promise<string>(resolve => {
    tellEnded = resolve
  })
  const watch = (child: ChildProcess, words: string) =>
    untilEnded(child, words).then(ending => {
      if (child !== replaced) tellEnded(ending)
    })
  /** What Moonraker has logged since it was started last; the log itself goes on from start to start. */
  let saidBefore = 0
  const newLog = () => textOf(moonrakerLog).slice(saidBefore)
  const startMoonraker = () => {
    saidBefore = textOf(moonrakerLog).length
    const child = start(environment, 'moonraker', [
      ...['-d', path(), '-l', moonrakerLog, '-u', socket('moonraker.sock')],
      ...(options.isMoonrakerVerbose ? ['-v'] : []),
    ])
    void watch(child, `Moonraker has ended, see ${moonrakerLog}`)
    const pids = [klippy, child].flatMap(({ pid }) => pid ?? [])
    noteProcesses(path(), pids)
    return child
  }
  void watch(klippy, `Klippy has ended, see ${klippyLog}`)
  let moonraker = startMoonraker()
  const close = async () => {
    await Promise.all([stop(moonraker), stop(klippy)])
    forgetProcesses(path())
  }
  const url = `http://127.0.0.1:${port}`
  try {
    await untilReady(port, { ended, newLog })
  } catch (error) {
    await close()
    if (error instanceof PortTaken) throw error
    const words = [klippyLog, moonrakerLog].map(log => `${log}:\n${lastWords(log)}`).join('\n')
    throw new Error(`The printer did not become ready (${error}).\n${words}`)
  }
  return {
    url,
    websocketUrl: `ws://127.0.0.1:${port}/websocket`,
    gcodesDir: files.gcodesDir,
    klippyLog,
    moonrakerLog,
    ended,
    async restartMoonraker() {
      replaced = moonraker
      await stop(moonraker)
      moonraker = startMoonraker()
      await untilReady(port, { ended, newLog })
    },
    close,
  }
}

function start(environment: PrinterEnvironment, program: 'kalico' | 'moonraker', args: string[]): ChildProcess {
  // Klippy asks git for its version, and git would look through our repository, which is around the environment.
  // It also loads numpy, which would start threads for linear algebra: a tenth of a second of CPU for nothing.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: environment.folder, OPENBLAS_NUM_THREADS: '1' }
  // Their output is in their logs.
  return spawn(environment[program], args, { stdio: 'ignore', env })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs)
  await ended
  clearTimeout(timer)
}

/** Resolves with `words` when the process has ended, or could not be started. */
function untilEnded(child: ChildProcess, words: string): Promise<string> {
  return new Promise(resolve => {
    child.once('exit', () => resolve(words))
    child.once('error', error => resolve(`${words} (${error.message})`))
  })
}

/**
 * Waits until Moonraker says that Klippy is ready. Rejects with their own error, and with PortTaken: Moonraker goes on without
 * its port and reports that in its log only, while another Moonraker may answer there.
 */
async function untilReady(
  port: number,
  { ended, newLog }: { ended: Promise<string>; newLog: () => string },
): Promise<void> {
  const deadline = Date.now() + readyMs
  let over: string | undefined
  void ended.then(words => {
    over = words
  })
  let last = 'no answer'
  while (Date.now() < deadline) {
    if (over !== undefined) throw new Error(over)
    last = await klippyState(port)
    if (newLog().includes('Failed to start HTTP server')) throw new PortTaken(port)
    if (last === 'ready' && newLog().includes('Klippy ready')) return
    if (last === 'error' || last === 'shutdown') throw new Error(`Klippy is in ${last}`)
    await sleep(100)
  }
  throw new Error(`${readyMs / 1000} s went by, at last with ${last}`)
}

async function klippyState(port: number): Promise<string> {
  try {
    const { result } = (await (await fetch(`http://127.0.0.1:${port}/server/info`)).json()) as {
      result: { klippy_state: string }
    }
    return result.klippy_state
  } catch {
    return 'no answer'
  }
}

function lastWords(log: string): string {
  return textOf(log).slice(-2000) || '(nothing)'
}

/** Nothing as long as there is no such file. */
function textOf(log: string): string {
  return existsSync(log) ? readFileSync(log, 'utf8') : ''
}
