import { realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import { createCommands, type Machine, runLine } from './commands.ts'
import { createDialogs } from './dialogs.ts'
import { createExtruder } from './extruder.ts'
import { createFaults } from './faults.ts'
import { openFileSource } from './file-source.ts'
import { GcodeError } from './gcode-line.ts'
import { createPrintStats, type PrintStatsStatus } from './print-stats.ts'
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

/** What clients query and subscribe to. */
export interface PrinterObjects extends Record<string, object> {
  print_stats: PrintStatsStatus
}

export type Klippy = ReturnType<typeof createKlippy>

/** As PrusaSlicer and OrcaSlicer, Cura, and three-slicer mark a new layer. */
const layerMark = /^;(LAYER_CHANGE|LAYER:\d| LAYER \d)/
const shutdownText = 'Shutdown due to webhooks request'

/** The host software of the virtual printer: G-code commands, the objects that clients see, and its life and death. */
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
  /** The purchase whose lines are asked for. */
  let waitingFor: string | null = null
  let linesPerSecond = options.linesPerSecond
  let isPaused = false
  let isParked = false
  /** The print was paused while no lines came. */
  let isStarved = false
  /** idle_timeout has run: heaters and motors are off, so that the place of the head is not known. */
  let isTimedOut = false
  let hasFilament = true
  /** Why RESUME fails the next time; null: it does not. */
  let resumeFault: string | null = null
  let restart: NodeJS.Timeout | null = null

  const sd = createVirtualSd({
    printStats,
    faults,
    linesPerSecond: () => linesPerSecond,
    runLine: printLine,
    say: options.say,
    cancelsOnError: options.cancelsOnError,
    starvedPauseMs: options.starvedPauseMs,
    onStarved: () => void pauseStarved(),
    onFault(how) {
      if (how === 'pause') void pause()
      else if (how === 'cancel') void cancel()
      else if (how === 'shutdown') void shutdown()
      else if (how === 'disconnect') void disconnect()
      else sd.stall(true)
    },
  })

  function setDisplayMessage(text: string): void {
    displayMessage = text || null
  }

  async function pause(): Promise<void> {
    if (isPaused) {
      options.say('// Print already paused')
    } else {
      isPaused = true
      await sd.pause()
    }
  }

  function resume(): void {
    if (isPaused) {
      const fault = resumeFault ?? (isTimedOut ? 'Must home axis first: 10.000 10.000 0.200 [0.000]' : null)
      resumeFault = null
      if (fault !== null) {
        options.say(`!! ${fault}`)
        throw new GcodeError(fault)
      }
      sd.resume()
      isPaused = isStarved = false
    } else {
      options.say('// Print is not paused, resume aborted')
    }
  }

  function home(): void {
    isTimedOut = false
  }

  /** Klipper's usual [idle_timeout], which runs in a pause, too. */
  function timeOut(): void {
    heaters.extruder = heaters.heater_bed = 0
    isTimedOut = true
  }

  /** A filament sensor sees no filament any more, and pauses the print. */
  async function runOut(): Promise<void> {
    hasFilament = false
    await pause()
  }

  async function cancel(): Promise<void> {
    isPaused = isStarved = false
    await sd.cancel()
  }

  async function shutdown(text = shutdownText): Promise<void> {
    if (state !== 'ready') return
    move('shutdown', text)
    dialogs.drop()
    await sd.halt()
    printStats.noteError(text)
  }

  /** The process is gone; it comes back by itself, with nothing remembered. */
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
    isPaused = isStarved = isTimedOut = false
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

  /** The extra's rule: park while there is nothing to run, go on as soon as there is. */
  async function pauseStarved(): Promise<void> {
    const source = sd.source()
    if (!source) return
    options.say('// LMNT: no lines are coming, pausing')
    isParked = isStarved = true
    await pause()
    while (isPaused && sd.source() === source && state === 'ready') {
      await source.more()
      try {
        if (source.peek() === 'starved') continue
      } catch (error) {
        if (!(error instanceof GcodeError)) throw error
      }
      // As the extra, it tries once.
      if (isPaused && sd.source() === source && !resumed()) break
    }
    isParked = false
  }

  function resumed(): boolean {
    try {
      resume()
      return true
    } catch (error) {
      if (!(error instanceof GcodeError)) throw error
      return false
    }
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
    pause,
    resume,
    cancel,
    home,
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
    else if (first === 59) noteComment(text)
    else runLine(commands, text, options.say)?.catch((error: unknown) => options.say(`!! ${String(error)}`))
  }

  function noteComment(text: string): void {
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
      onCancel: text => void cancel().then(() => options.say(`// LMNT: ${text}`)),
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
    const path = safePath(options.gcodesDir, name)
    const source = await openFileSource(path).catch(() => {
      throw new GcodeError('Unable to open file')
    })
    sd.load(name, source)
    extruder.reset()
    isPaused = isStarved = isTimedOut = false
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
    pause,
    resume,
    cancel,
    printFile,
    shutdown,
    timeOut,
    runOut,
    failResume: (message: string) => {
      resumeFault = message
    },
    /** FIRMWARE_RESTART: everything closes, and is back after `restartMs`. */
    restart: disconnect,
    /** Runs a script's lines one after another. Throws the GcodeError of the first that fails. */
    async script(script: string): Promise<void> {
      for (const line of script.split('\n')) {
        if (state !== 'ready') throw new GcodeError(stateMessage)
        await runLine(commands, line, options.say)
      }
    },
    objects: (): PrinterObjects => ({
      webhooks: { state, state_message: stateMessage },
      print_stats: printStats.status(),
      virtual_sdcard: sd.status(),
      display_status: { progress: sd.status().progress, message: displayMessage },
      pause_resume: { is_paused: isPaused },
      idle_timeout: { state: isTimedOut ? 'Idle' : sd.isActive() ? 'Printing' : 'Ready' },
      'filament_switch_sensor runout': { enabled: true, filament_detected: hasFilament },
      ...(options.isExtraInstalled
        ? {
            lmnt_stream: {
              question: dialogs.status(),
              is_parked: isParked && isPaused,
              is_starved: isStarved,
              job: sd.record()?.job() ?? null,
              error: sd.lineError(),
            },
          }
        : {}),
      toolhead: {
        homed_axes: isTimedOut ? '' : 'xyz',
        print_time: monotonic(),
        position: [0, 0, 0, 0],
        max_velocity: 300,
        max_accel: 3000,
      },
      extruder: { temperature: heaters.extruder, target: heaters.extruder },
      heater_bed: { temperature: heaters.heater_bed, target: heaters.heater_bed },
      heaters: { available_heaters: ['heater_bed', 'extruder'], available_sensors: ['heater_bed', 'extruder'] },
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

/** A path inside the G-code folder; Klipper lists the folder and finds only what is in it. */
function safePath(folder: string, name: string): string {
  try {
    const path = realpathSync(join(folder, name))
    if (path.startsWith(realpathSync(folder) + sep)) return path
  } catch {
    // Not there: told in the same words.
  }
  throw new GcodeError('Unable to open file')
}
