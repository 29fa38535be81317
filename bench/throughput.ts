/**
 * Lines a second that real Klippy runs from our stream (edge, unix socket, extra), compared with its own virtual_sdcard and
 * the same file on the disk. The two alternate; a figure is the median of its rounds, a ratio the median of the pairs' ratios.
 * Bar: 0.95.
 *
 * Two files are measured: empty moves, where the cost of the transport shows, and real moves, where Klippy's planning takes
 * most of the time. Klippy reports its position and the time, so no code of ours is part of the measurement. Other programs
 * on the same cores distort the times, but not the ratio of CPU time that Klippy itself needs for a line (`cpu_ratio`, above
 * 1 when the stream is cheaper); that one does not show lines that arrived late.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEdge } from '../edge/app.ts'
import { defaultTiming } from '../edge/config.ts'
import { findEnvironment } from '../local/printer/environment.ts'
import { startRealPrinter } from '../local/printer/start.ts'
import { silentLog } from '../runtime/log.ts'
import { newId } from '../schema/http/ids.ts'
import { startFakeMarketplace } from '../test/make/edge/fake-marketplace.ts'
import type { MadeGcode } from '../test/make/edge/gcode.ts'
import { connectPrinterClient, type PrinterClient } from '../test/make/edge/printer-client.ts'
import { eventually } from '../test/make/eventually.ts'
import { emptyMoves, realMoves } from './gcode/moves.ts'
import { cpuClock, processOf } from './klippy/cpu-clock.ts'
import { limitMs, type Rate, rateOfNext, secondsOf, untilIdle } from './klippy/rate.ts'
import { registerPrinter } from './klippy/register.ts'
import type { Figures } from './report/result.ts'
import { median, round } from './report/statistics.ts'

const rounds = 5
/** The shortest print to measure; the first try has `firstLines` lines. */
const printSeconds = 3
const firstLines = 10_000
const attempts = 6

export const bars = { empty_ratio: { atLeast: 0.95 }, moves_ratio: { atLeast: 0.95 } }

export async function run(): Promise<Figures> {
  const environment = findEnvironment(process.env.LMNT_PYTHON)
  if (!environment) throw new Error('Real Klippy and Moonraker are not installed. Run: npm run printer:setup')
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
    await registerPrinter(client)
    const purchaseId = newId('purchase', randomBytes)
    const cpu = cpuClock(processOf('kalico', realpathSync(dataDir)))
    const streamed = async (gcode: MadeGcode) => {
      const job = await market.add(gcode, { purchaseId })
      const rate = await rateOfNext(client, cpu, gcode)
      const report = await eventually('the report', () => job.reports[0], limitMs)
      if (report.status !== 'success') throw new Error(`The print ended as ${JSON.stringify(report)}`)
      return rate
    }
    const start = async (gcode: MadeGcode, filename: string) => {
      writeFileSync(join(printer.gcodesDir, filename), gcode.text)
      // Moonraker parses a new file first, which slows Klippy down.
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
      figures[`${name}_ratio`] = round(ratio('perSecond'), 3)
      figures[`${name}_cpu_ratio`] = round(ratio('perCpuSecond'), 3)
    }
    return { ...figures, rounds }
  } finally {
    await edge.close()
    client.close()
    await market.close()
    await printer.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** G-code that takes this machine `printSeconds` or longer: a print of a few samples cannot be measured. */
async function longEnough(
  make: (lines: number) => MadeGcode,
  secondsOf: (gcode: MadeGcode, attempt: number) => Promise<number>,
): Promise<MadeGcode> {
  let lines = firstLines
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const gcode = make(lines)
    const seconds = await secondsOf(gcode, attempt)
    if (seconds >= printSeconds) return gcode
    // 20 % more than needed, but at most ten times as much: the start of the print is part of the measured time.
    lines = Math.ceil(lines * Math.min(10, (1.2 * printSeconds) / Math.max(seconds, 0.1)))
  }
  throw new Error(
    `This machine prints ${lines} lines in less than ${printSeconds} s: more than this bench can measure.`,
  )
}

async function metadataOf(client: PrinterClient, filename: string): Promise<unknown> {
  return client.call('server.files.metadata', { filename }).catch(() => null)
}
