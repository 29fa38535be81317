/**
 * Lines a second that real Klippy runs: out of our stream (edge, unix socket, extra), beside those of its own virtual_sdcard
 * out of the same file on the disk. The two take turns; a figure is the median of its rounds, a ratio that of the pairs.
 * Bar (design, section 9): 0.95.
 *
 * Of two files: empty moves of a slicer's length, where every bit of the way counts, and real moves, where Klippy's planning
 * takes most of the time. Klippy itself tells how far it is and since when, so that nothing of ours is in the measurement.
 * Where others share the cores these times are theirs, too: the ratio of the CPU time that Klippy itself needs for a line
 * (`cpu_ratio`, above 1 when the stream is the cheaper) stays true there, but knows nothing of lines that came late.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { startEdge } from '../edge/app.ts'
import { defaultTiming } from '../edge/config.ts'
import { findEnvironment } from '../local/printer/environment.ts'
import { startRealPrinter } from '../local/printer/start.ts'
import { silentLog } from '../runtime/log.ts'
import { newId } from '../schema/http/ids.ts'
import { startFakeMarketplace, user } from '../test/make/edge/fake-marketplace.ts'
import { gcodeOf, type MadeGcode } from '../test/make/edge/gcode.ts'
import { connectPrinterClient, type PrinterClient } from '../test/make/edge/printer-client.ts'
import { eventually } from '../test/make/eventually.ts'
import type { Figures } from './run.ts'

const rounds = 5
const bar = 0.95
const limitMs = 300_000
/** How long a print is to take, and how many lines are tried first. */
const printSeconds = 3
const firstLines = 10_000
const attempts = 6
const lookMs = 20
/** Of a print, what counts begins here: not its start, with the opening of the G-code. */
const measuredFrom = 0.02

export async function run(): Promise<Figures> {
  const environment = findEnvironment(process.env.LMNT_PYTHON)
  if (!environment) throw new Error('This needs real Klippy and Moonraker: npm run printer:setup')
  const dir = mkdtempSync(join(tmpdir(), 'lmnt-bench-'))
  const streamSocket = join(dir, 'lmnt', 'stream.sock')
  const dataDir = join(dir, 'data')
  const printer = await startRealPrinter({ environment, dataDir, streamSocket, isRecorded: false })
  const client = await connectPrinterClient(printer.websocketUrl)
  const market = await startFakeMarketplace()
  const edge = await startEdge({
    config: {
      dataDir: join(dir, 'edge'),
      marketplaceUrl: market.url,
      moonrakerUrl: printer.websocketUrl,
      moonrakerApiKey: undefined,
      streamSocket,
      autoStart: true,
      logLevel: 'silent',
      timing: { ...defaultTiming, pollWaitS: 1 },
    },
    clock: Date.now,
    jitter: Math.random,
    randomBytes,
    bootNonce: randomBytes(24).toString('base64url'),
    log: silentLog,
  })
  try {
    await register(client)
    const purchaseId = newId('purchase', randomBytes)
    const cpu = cpuClock(processOf('kalico', realpathSync(dataDir)))
    const streamed = async (gcode: MadeGcode) => {
      const job = await market.add(gcode, { purchaseId })
      const rate = await rateOfNext(client, cpu, gcode)
      const report = await eventually('the report', () => job.reports[0], limitMs)
      if (report.status !== 'success') throw new Error(`the print ended as ${JSON.stringify(report)}`)
      return rate
    }
    const start = async (gcode: MadeGcode, filename: string) => {
      writeFileSync(join(printer.gcodesDir, filename), gcode.text)
      // Moonraker reads a new file through, which takes its time from Klippy.
      await eventually('the file is read', () => metadataOf(client, filename), limitMs)
      await untilIdle(client)
      await client.call('printer.print.start', { filename })
    }
    const fromDisk = async (gcode: MadeGcode, name: string) => {
      await start(gcode, `${name}.gcode`)
      return rateOfNext(client, cpu, gcode)
    }
    const figures: Figures = {}
    const secondsFromDisk = async (gcode: MadeGcode, filename: string) => {
      await start(gcode, filename)
      return secondsOf(client, gcode)
    }
    for (const [name, make] of Object.entries({ empty: emptyMoves, moves: realMoves })) {
      const gcode = await longEnough(make, (sized, attempt) => secondsFromDisk(sized, `${name}-size-${attempt}.gcode`))
      const stream: Rate[] = []
      const disk: Rate[] = []
      for (let round = 0; round < rounds; round++) {
        disk.push(await fromDisk(gcode, `${name}-${round}`))
        stream.push(await streamed(gcode))
      }
      const ratio = (of: keyof Rate) =>
        median(stream.map((rate, index) => rate[of] / (disk[index]?.[of] ?? Number.NaN)))
      figures[`${name}_lines`] = gcode.lines
      figures[`${name}_stream_lines_per_s`] = Math.round(median(stream.map(rate => rate.perSecond)))
      figures[`${name}_disk_lines_per_s`] = Math.round(median(disk.map(rate => rate.perSecond)))
      figures[`${name}_ratio`] = Number(ratio('perSecond').toFixed(3))
      figures[`${name}_cpu_ratio`] = Number(ratio('perCpuSecond').toFixed(3))
    }
    return { ...figures, ratio_bar: bar, rounds }
  } finally {
    await edge.close()
    client.close()
    await market.close()
    await printer.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** As much G-code as this machine prints for `printSeconds`: what is over within a few looks cannot be measured. */
async function longEnough(
  make: (lines: number) => MadeGcode,
  secondsOf: (gcode: MadeGcode, attempt: number) => Promise<number>,
): Promise<MadeGcode> {
  let lines = firstLines
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const gcode = make(lines)
    const seconds = await secondsOf(gcode, attempt)
    if (seconds >= printSeconds) return gcode
    // A little more than needed, and no more than tenfold at once: the start of a print is part of these seconds.
    lines = Math.ceil(lines * Math.min(10, (1.2 * printSeconds) / Math.max(seconds, 0.1)))
  }
  throw new Error(
    `This machine prints ${lines} lines in less than ${printSeconds} s: more than this bench can measure.`,
  )
}

/** How long the print of this G-code took, as Klippy tells; no print before had its size. */
async function secondsOf(client: PrinterClient, gcode: MadeGcode): Promise<number> {
  const size = Buffer.byteLength(gcode.text)
  const { total_duration } = await eventually(
    'the print ends',
    async () => {
      const seen = await look(client)
      if (seen.state === 'error') throw new Error(`Klipper says: ${seen.message}`)
      return seen.file_size === size && seen.state === 'complete' && seen
    },
    limitMs,
  )
  return total_duration
}

/** Lines that Klippy reads, checks and runs, and that move nothing. */
function emptyMoves(lines: number): MadeGcode {
  const line = (number: number) => `G1 F${6000 + (number % 97)} ; ${String(number % 100_000).padStart(5, '0')}`
  return gcodeOf(Array.from({ length: lines }, (_, number) => line(number)))
}

function realMoves(moves: number): MadeGcode {
  const line = (move: number) =>
    `G1 X${(100 + (move % 97) / 10).toFixed(3)} Y${(57 + (move % 89) / 10).toFixed(3)} E0.01`
  const lines = Array.from({ length: moves }, (_, move) => line(move))
  return gcodeOf(['G28', 'G90', 'M83', 'G1 F6000', ...lines, 'M84'])
}

const answer = z.object({
  status: z.object({
    virtual_sdcard: z.object({ file_position: z.number(), file_size: z.number() }),
    print_stats: z.object({ state: z.string(), total_duration: z.number(), message: z.string() }),
  }),
})

async function look(client: PrinterClient) {
  const objects = { virtual_sdcard: null, print_stats: null }
  const { status } = answer.parse(await client.call('printer.objects.query', { objects }))
  return { ...status.virtual_sdcard, ...status.print_stats }
}

/** Lines in a second of time, and of Klippy's own. */
interface Rate {
  perSecond: number
  perCpuSecond: number
}

/** The rate of the print of this G-code that is going on, or begins next. */
async function rateOfNext(client: PrinterClient, cpu: () => number, gcode: MadeGcode): Promise<Rate> {
  const size = Buffer.byteLength(gcode.text)
  let first: (Awaited<ReturnType<typeof look>> & { cpu: number }) | undefined
  let last = first
  await eventually(
    'the print ends',
    async () => {
      const seen = { ...(await look(client)), cpu: cpu() }
      if (seen.state === 'error') throw new Error(`Klipper says: ${seen.message}`)
      const isOurs = seen.file_size === size
      if (isOurs && seen.file_position > size * measuredFrom) {
        // What is complete when we come is the print before.
        if (seen.state === 'printing') first ??= seen
        last = seen
      }
      await sleep(lookMs)
      return first && seen.state === 'complete'
    },
    limitMs,
  )
  if (!first || !last || last.total_duration <= first.total_duration)
    throw new Error('the print was too short to measure')
  const lines = ((last.file_position - first.file_position) / size) * gcode.lines
  return {
    perSecond: lines / (last.total_duration - first.total_duration),
    perCpuSecond: lines / Math.max(last.cpu - first.cpu, Number.EPSILON),
  }
}

/** The process whose command line has both words. */
function processOf(program: string, word: string): string {
  const found = readdirSync('/proc').find(id => {
    if (!/^\d+$/.test(id)) return false
    const line = read(`/proc/${id}/cmdline`)
    return line.includes(program) && line.includes(word)
  })
  if (found === undefined) throw new Error(`${program} does not run`)
  return found
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** The seconds of CPU time that a process has had: all its threads, to the nanosecond. */
function cpuClock(id: string): () => number {
  return () =>
    readdirSync(`/proc/${id}/task`).reduce(
      (sum, task) => sum + Number.parseInt(read(`/proc/${id}/task/${task}/schedstat`), 10),
      0,
    ) / 1e9
}

async function untilIdle(client: PrinterClient): Promise<void> {
  await eventually('the printer is idle', async () => !['printing', 'paused'].includes((await look(client)).state))
  // Sooner, a print is missing from the history.
  await sleep(500)
}

async function metadataOf(client: PrinterClient, filename: string): Promise<unknown> {
  return client.call('server.files.metadata', { filename }).catch(() => null)
}

async function register(client: PrinterClient): Promise<void> {
  await eventually('the edge is there', () => client.agent('status').catch(() => null))
  const { token } = await client.agent('login_user', { email: user.email, password: user.password })
  await client.agent('register_printer', { name: 'Voron', description: '', token })
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
