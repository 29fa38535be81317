import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
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
  /** Moonraker's; any that is free. */
  port?: number
  /** The edge's socket, as our extra is told it. */
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
  /** False: no line of a print is counted and hashed, which takes its time. */
  isRecorded?: boolean
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

/** Starts real Klippy, on a micro-controller that is not there, and real Moonraker with it, on 127.0.0.1 only. */
export async function startRealPrinter(options: RealPrinterOptions): Promise<RealPrinter> {
  const { environment, dataDir, isOursInstalled = true } = options
  linkOurs(environment)
  const socketsDir = options.socketsDir ?? join(dataDir, 'comms')
  for (const folder of ['config', 'gcodes', 'logs']) mkdirSync(join(dataDir, folder), { recursive: true })
  mkdirSync(socketsDir, { recursive: true })
  const path = (...names: string[]) => join(realpathSync(dataDir), ...names)
  const socket = (name: string) => join(realpathSync(socketsDir), name)
  const port = options.port ?? (await freePort())
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
  }
  writeFileSync(path('config', 'printer.cfg'), printerCfg(files))
  writeFileSync(path('config', 'moonraker.conf'), moonrakerConf(files))
  writeFileSync(path('config', 'mcu.dict'), dictionaryText())
  const klippyLog = path('logs', 'klippy.log')
  const moonrakerLog = path('logs', 'moonraker.log')

  const klippyOptions = ['-o', '/dev/null', '-d', path('config', 'mcu.dict'), '-a', files.klippySocket]
  const klippy = start(environment.kalico, [
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
  const startMoonraker = () => {
    const child = start(environment.moonraker, [
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
    await untilReady(url, ended)
  } catch (error) {
    await close()
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
      await untilReady(url, ended)
    },
    close,
  }
}

function start(command: string, args: string[]): ChildProcess {
  // What they have to say is in their logs.
  return spawn(command, args, { stdio: 'ignore' })
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

/** Waits until Moonraker says that Klippy is ready. Rejects with what they say instead. */
async function untilReady(url: string, ended: Promise<string>): Promise<void> {
  const deadline = Date.now() + readyMs
  let over: string | undefined
  void ended.then(words => {
    over = words
  })
  let last = 'no answer'
  while (Date.now() < deadline) {
    if (over !== undefined) throw new Error(over)
    last = await klippyState(url)
    if (last === 'ready') return
    if (last === 'error' || last === 'shutdown') throw new Error(`Klippy is in ${last}`)
    await sleep(100)
  }
  throw new Error(`${readyMs / 1000} s went by, at last with ${last}`)
}

async function klippyState(url: string): Promise<string> {
  try {
    const { result } = (await (await fetch(`${url}/server/info`)).json()) as { result: { klippy_state: string } }
    return result.klippy_state
  } catch {
    return 'no answer'
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function lastWords(log: string): string {
  try {
    return readFileSync(log, 'utf8').slice(-2000)
  } catch {
    return '(nothing)'
  }
}
