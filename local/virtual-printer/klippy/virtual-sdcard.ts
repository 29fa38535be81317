import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Faults } from './faults.ts'
import { GcodeError, PrintRefusal } from './gcode-line.ts'
import type { LineSource } from './line-source.ts'
import type { PrintStats } from './print-stats.ts'
import { type LastRun, type RunRecord, startRunRecord } from './run-record.ts'

export interface VirtualSdOptions {
  printStats: PrintStats
  faults: Faults
  /** Lines a second; 0 is as fast as the machine can. */
  linesPerSecond: () => number
  /** Runs one line; throws GcodeError. */
  runLine: (line: string) => void
  /** A line for every client's console. */
  say: (text: string) => void
  /** on_error_gcode also cancels the print. */
  cancelsOnError: boolean
  /** Carries out a planned fault that is not an error of the line. */
  onFault: (how: 'pause' | 'cancel' | 'shutdown' | 'disconnect' | 'stall') => void
  starvedPauseMs: number
  /** The print waits for lines since so long that the head should park. */
  onStarved: () => void
}

const newline = 0x0a
/** Number of ended runs that are remembered. */
const endedMost = 10_000
/** Number of lines that run before other work gets a turn. */
const linesPerTurn = 2000
const paceMs = 10
/** The longest wait without a check whether the print should pause. */
const pollMs = 20

export type VirtualSd = ReturnType<typeof createVirtualSd>

/**
 * Klipper's virtual_sdcard: one current source of lines, a loop that runs them one by one, and the calls it makes to print_stats.
 * pause, cancel and reset set a flag that the loop sees before its next line, and wait until it has stopped.
 */
export function createVirtualSd(options: VirtualSdOptions) {
  const { printStats, faults } = options
  let source: LineSource | null = null
  let position = 0
  let record: RunRecord | null = null
  const ended: LastRun[] = []
  let working: Promise<void> | null = null
  let mustPause = false
  let isInLine = false
  let isStalled = false
  let isHalted = false
  /** That the print ended at. */
  let lineError: string | null = null
  let starvedSince: number | null = null

  async function pause(): Promise<void> {
    mustPause = true
    // A line of the print itself must not wait here, as the loop stops only after that line.
    if (!isInLine) await working
  }

  function resume(): void {
    if (working) throw new GcodeError('SD busy')
    if (!source) throw new GcodeError('No file is selected')
    mustPause = false
    printStats.noteStart()
    working = work().finally(() => {
      working = null
    })
  }

  async function cancel(): Promise<void> {
    if (source) {
      await pause()
      closeSource()
      printStats.noteCancel()
      keep('cancelled')
    }
  }

  /** Remembers how the run ended. */
  function keep(state: LastRun['state']): void {
    if (record) ended.push(record.read(state))
    if (ended.length > endedMost) ended.shift()
  }

  function closeSource(ended = false): void {
    source?.close({ ended, position })
    source = null
    position = 0
  }

  async function work(): Promise<void> {
    try {
      while (source && !mustPause) await step(source)
    } catch (error) {
      if (!(error instanceof GcodeError)) throw error
      return fail(error)
    }
    if (source) return printStats.notePause()
    printStats.noteComplete()
    keep('complete')
  }

  function fail(error: GcodeError): void {
    options.say(`!! ${error.message}`)
    const isRefused = error instanceof PrintRefusal
    lineError = isRefused ? null : error.message
    if (options.cancelsOnError && !isRefused) {
      closeSource()
      printStats.noteCancel()
      keep('cancelled')
    } else {
      printStats.noteError(error.message)
      keep('error')
    }
  }

  async function step(from: LineSource): Promise<void> {
    if (isStalled) return sleep(pollMs)
    const block = from.peek()
    if (block === 'end') return closeSource(true)
    if (block === 'starved') return feed(from)
    const lines = await turn()
    if (!mustPause && source === from) runBlock(from, block, lines)
  }

  async function feed(from: LineSource): Promise<void> {
    starvedSince ??= performance.now()
    await from.more()
    if (from.peek() !== 'starved' || !from.isBegun()) starvedSince = null
    else if (performance.now() - starvedSince > options.starvedPauseMs && !mustPause) {
      starvedSince = null
      options.onStarved()
    }
  }

  /** Yields to other work; returns the number of lines that may run afterwards. */
  async function turn(): Promise<number> {
    const speed = options.linesPerSecond()
    if (speed === 0) {
      await nextTurn()
      return linesPerTurn
    }
    const lines = Math.max(1, Math.round((speed * paceMs) / 1000))
    const until = performance.now() + (lines / speed) * 1000
    while (!mustPause && performance.now() < until) await sleep(Math.min(pollMs, until - performance.now()))
    return lines
  }

  /** Runs up to `limit` lines of a block. Throws the GcodeError of the line that failed. */
  function runBlock(from: LineSource, block: Buffer, limit: number): void {
    const running = record
    let at = 0
    try {
      for (let count = 0; count < limit && at < block.length; count++) {
        if (running && running.lines() + 1 >= faults.nextLine()) meetFault()
        if (mustPause || isStalled) return
        const found = block.indexOf(newline, at)
        const end = found < 0 ? block.length : found
        runLine(block.toString('latin1', at, end))
        if (source !== from) return // the stub's line put the stream in its place
        at = Math.min(end + 1, block.length)
        running?.addLine()
      }
    } finally {
      running?.addBytes(block.subarray(0, at))
      if (source === from) {
        position += at
        if (at > 0) from.consume(at)
      }
    }
  }

  function meetFault(): void {
    const fault = faults.take()
    if (fault?.how === 'error')
      throw new GcodeError(fault.message ?? 'Move out of range: 999.000 999.000 10.000 [0.000]')
    if (fault) options.onFault(fault.how)
  }

  function runLine(text: string): void {
    isInLine = true
    try {
      options.runLine(text)
    } finally {
      isInLine = false
    }
  }

  return {
    load(filename: string, opened: LineSource): void {
      source = opened
      position = 0
      record = startRunRecord(filename, null)
      lineError = null
      printStats.setCurrentFile(filename)
    },
    /** STREAM_GCODE_LINE: the stream replaces the stub, and the counts start again. */
    swap(opened: LineSource, job: string): void {
      source?.close({ ended: false, position })
      source = opened
      position = 0
      record = startRunRecord(printStats.status().filename, job)
    },
    pause,
    resume,
    cancel,
    async reset(): Promise<void> {
      if (source) await pause()
      closeSource()
      printStats.reset()
    },
    /** A shutdown: the loop stops, the source is dropped without a goodbye, and status keeps the last position. */
    async halt(): Promise<void> {
      await pause()
      if (source && !isHalted) keep('error')
      isHalted = true
      source?.drop()
    },
    /** The process has ended after a halt; the next one has no file. */
    forget(): void {
      source = null
      position = 0
      isHalted = false
    },
    stall: (isOn: boolean) => {
      isStalled = isOn
    },
    isActive: () => working !== null,
    isInLine: () => isInLine,
    source: () => source,
    record: () => record,
    lineError: () => lineError,
    lastRun: (): LastRun | null => record?.read(printStats.state()) ?? null,
    runs: (): readonly LastRun[] => ended,
    status: () => ({
      file_path: source?.name ?? null,
      progress: source && source.size() > 0 ? position / source.size() : 0,
      is_active: working !== null,
      file_position: position,
      file_size: source?.size() ?? 0,
    }),
  }
}
