import { createCommands, type Machine, runLine } from './commands.ts'
import { createDialogs } from './dialogs.ts'
import { createExtruder } from './extruder.ts'
import { createFaults } from './faults.ts'
import { openFileSource } from './file-source.ts'
import { GcodeError } from './gcode-line.ts'
import { type PrinterObjects, printerObjects } from './objects.ts'
import { createPauseResume } from './pause-resume.ts'
import { createPrintStats } from './print-stats.ts'
import { openStreamSource } from './stream-source.ts'
import { createVirtualSd } from './virtual-sdcard.ts'

export type KlippyState = 'ready' | 'shutdown' | 'disconnected'

export interface KlippyOptions {
  gcodesDir: string
  streamSocket: string
  isExtraInstalled: boolean
  linesPerSecond: number
  openTimeoutMs: number
  starvedPauseMs: number
  cancelsOnError: boolean
  /** How long a restart takes. */
  restartMs: number
  /** A line for every client's console. */
  say: (text: string) => void
  onState: (state: KlippyState) => void
}

export type Klippy = ReturnType<typeof createKlippy>

/** A new layer, as PrusaSlicer and OrcaSlicer, Cura, and three-slicer mark it. */
const layerMark = /^;(LAYER_CHANGE|LAYER:\d| LAYER \d)/

/** The host software of the virtual printer: runs G-code commands, reports its objects, shuts down and restarts. */
export function createKlippy(options: KlippyOptions) {
  const monotonic = () => performance.now() / 1000
  const printStats = createPrintStats(monotonic)
  const extruder = createExtruder()
  const faults = createFaults()
  const dialogs = createDialogs({
    say: options.say,
    isPrinting: () => ['printing', 'paused'].includes(printStats.state()),
    isWaiting: job => waitingFor === job && sd.source()?.isBegun() === false,
    displayMessage: () => displayMessage,
    setDisplayMessage,
  })
  const heaters = { extruder: 0, heater_bed: 0 }
  let state: KlippyState = 'ready'
  let stateMessage = 'Printer is ready'
  let displayMessage: string | null = null
  /** The purchase whose lines Klippy is waiting for. */
  let waitingFor: string | null = null
  let linesPerSecond = options.linesPerSecond
  let hasFilament = true
  let restart: NodeJS.Timeout | null = null

  const sd = createVirtualSd({
    printStats,
    faults,
    linesPerSecond: () => linesPerSecond,
    runLine: printLine,
    say: options.say,
    cancelsOnError: options.cancelsOnError,
    starvedPauseMs: options.starvedPauseMs,
    onStarved: () => void pausing.pauseStarved(),
    onFault(how) {
      if (how === 'pause') void pausing.pause()
      else if (how === 'cancel') void pausing.cancel()
      else if (how === 'shutdown') void shutdown()
      else if (how === 'disconnect') void disconnect()
      else sd.stall(true)
    },
  })

  const pausing = createPauseResume({ sd, say: options.say, isReady: () => state === 'ready' })

  function setDisplayMessage(text: string): void {
    displayMessage = text || null
  }

  /** Klipper's [idle_timeout], which also runs during a pause. */
  function timeOut(): void {
    heaters.extruder = heaters.heater_bed = 0
    pausing.setTimedOut(true)
  }

  /** The filament sensor reports a runout and pauses the print. */
  async function runOut(): Promise<void> {
    hasFilament = false
    await pausing.pause()
  }

  async function shutdown(text = 'Shutdown due to webhooks request'): Promise<void> {
    if (state !== 'ready') return
    move('shutdown', text)
    dialogs.drop()
    await sd.halt()
    printStats.noteError(text)
  }

  /** Klippy ends, loses its state, and starts again after `restartMs`. */
  async function disconnect(): Promise<void> {
    if (state === 'disconnected') return
    move('disconnected', 'Klippy Host not connected')
    await sd.halt()
    sd.forget()
    restart = setTimeout(start, options.restartMs)
  }

  function start(): void {
    printStats.reset()
    extruder.reset()
    heaters.extruder = heaters.heater_bed = 0
    displayMessage = null
    pausing.reset()
    hasFilament = true
    sd.stall(false)
    move('ready', 'Printer is ready')
    dialogs.restart()
  }

  function move(to: KlippyState, text: string): void {
    state = to
    stateMessage = text
    options.onState(to)
  }

  const machine: Machine = {
    say: options.say,
    respond(text) {
      options.say(text)
      dialogs.hear(text)
    },
    answerQuestion: dialogs.answer,
    setDisplayMessage,
    setPrintInfo: printStats.setInfo,
    addFilament: text => printStats.addFilament(extruder.run(text)),
    noteLayer: () => void sd.record()?.addLayer('command'),
    pause: pausing.pause,
    resume: pausing.resume,
    cancel: pausing.cancel,
    home: () => pausing.setTimedOut(false),
    emergencyStop: () => shutdown(),
    isFromFile: sd.isInLine,
    stream: job => sd.swap(openStream(job), job),
    printFile,
    resetFile: sd.reset,
    setHeater: (name, target) => {
      if (name === 'extruder' || name === 'heater_bed') heaters[name] = target
    },
  }
  const commands = createCommands(machine, options.isExtraInstalled)

  function printLine(text: string): void {
    const first = text.charCodeAt(0)
    if (first === 71 && isMove(text)) printStats.addFilament(extruder.run(text))
    else if (first === 59) countLayer(text)
    else runLine(commands, text, options.say)?.catch((error: unknown) => options.say(`!! ${String(error)}`))
  }

  function countLayer(text: string): void {
    if (!layerMark.test(text)) return
    const layer = sd.record()?.addLayer('comment')
    printStats.setInfo(undefined, layer)
  }

  function openStream(job: string) {
    waitingFor = job
    return openStreamSource({
      name: sd.source()?.name ?? '',
      job,
      socketPath: options.streamSocket,
      openTimeoutMs: options.openTimeoutMs,
      say: text => options.say(`// LMNT: ${text}`),
      onOpen: layers => printStats.setInfo(layers, 0),
      onCancel: text => void pausing.cancel().then(() => options.say(`// LMNT: ${text}`)),
      onClose() {
        waitingFor = null
        dialogs.printOver(job)
      },
    })
  }

  async function printFile(filename: string): Promise<void> {
    if (sd.isActive()) throw new GcodeError('SD busy')
    dialogs.drop()
    await sd.reset()
    const name = filename.replace(/^\//, '')
    sd.load(name, await openFileSource(options.gcodesDir, name))
    extruder.reset()
    pausing.reset()
    sd.resume()
  }

  return {
    faults,
    dialogs: options.isExtraInstalled ? dialogs : null,
    state: () => state,
    stateMessage: () => stateMessage,
    monotonic,
    setSpeed: (speed: number) => {
      linesPerSecond = speed
    },
    unstall: () => sd.stall(false),
    lastRun: sd.lastRun,
    runs: sd.runs,
    help: () => Object.fromEntries([...commands].flatMap(([name, { help }]) => (help ? [[name, help]] : []))),
    pause: pausing.pause,
    resume: pausing.resume,
    cancel: pausing.cancel,
    printFile,
    shutdown,
    timeOut,
    runOut,
    failResume: pausing.failResume,
    /** FIRMWARE_RESTART. */
    restart: disconnect,
    /** Runs a script's lines one after another. Throws the GcodeError of the first that fails. */
    async script(script: string): Promise<void> {
      for (const line of script.split('\n')) {
        if (state !== 'ready') throw new GcodeError(stateMessage)
        await runLine(commands, line, options.say)
      }
    },
    objects: (): PrinterObjects =>
      printerObjects({
        state,
        stateMessage,
        printStats: printStats.status(),
        sd,
        displayMessage,
        pausing: pausing.status(),
        hasFilament,
        heaters,
        printTime: monotonic(),
        question: options.isExtraInstalled ? dialogs.status() : undefined,
      }),
    async close(): Promise<void> {
      if (restart) clearTimeout(restart)
      await sd.halt()
    },
  }
}

function isMove(text: string): boolean {
  const digit = text.charCodeAt(1)
  const after = text.charCodeAt(2)
  return (digit === 48 || digit === 49) && !(after >= 48 && after <= 57)
}
