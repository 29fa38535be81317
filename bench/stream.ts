/**
 * Lines a second that real Klippy runs from our stream (the container on the disk, opened by the edge, its unix socket, the extra),
 * beside its own virtual_sdcard with the same file, and beside a program that sends the lines by printer.gcode.script: one a call, one
 * a call with 1 ms of sleep, 50 a call. Stream and virtual_sdcard alternate; a ratio is the median of the pairs' ratios.
 *
 * Two files: lines that do nothing (`noop`), where the transport's cost shows, and G-code of our own slicer (`sliced`), where Klippy's
 * planning takes most of the time. Klippy reports its position and the time, so no code of ours is part of the measurement. Other
 * programs on the same cores distort the times more than the CPU time that Klippy itself needs for a line (`..._cpu_ratio`, above 1
 * when the stream is cheaper), which does not show lines that came late: that is `starved`, the number of waits of all prints.
 *
 * `--pairs N`, `--seconds S` of printing for each. Needs `npm run printer:setup`.
 */
import { parseArgs } from 'node:util'
import type { MadeGcode } from '../test/make/edge/gcode.ts'
import { type MeasuredEdge, startMeasuredEdge } from './edge/start.ts'
import { noopLine, repeated } from './gcode/moves.ts'
import { sliceLines } from './gcode/sliced.ts'
import { cpuClock, processOf } from './klippy/cpu-clock.ts'
import { type Rate, rateOfNext, secondsOf, starvedCount } from './klippy/rate.ts'
import type { Figures } from './report/result.ts'
import { median, range, round } from './report/statistics.ts'
import { pausesOfPrint, pausesOfScripts } from './stream/pause.ts'
import { fromDisk, type StartPrint, streamed } from './stream/prints.ts'
import { rateOfScripts, scriptWays } from './stream/scripts.ts'

/** The first file that is tried for its time. */
const firstLines = 10_000
const attempts = 6
const noopLines = 1000
const pauses = 5

export const bars = {
  ratio_to_virtual_sdcard: { atLeast: 1 },
  noop_ratio_to_virtual_sdcard: { atLeast: 1 },
}

export async function run(args: string[]): Promise<Figures> {
  const options = {
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
  } as const
  const { values } = parseArgs({ args, options })
  const [pairs, seconds] = [Number(values.pairs), Number(values.seconds)]
  const lines = await sliceLines()
  const edge = await startMeasuredEdge({ printer: 'real' })
  try {
    const sliced = await measure(edge, lines, pairs, seconds)
    const noop = await measure(
      edge,
      Array.from({ length: noopLines }, (_, at) => noopLine(at)),
      pairs,
      seconds,
    )
    return {
      ratio_to_virtual_sdcard: sliced.ratio,
      noop_ratio_to_virtual_sdcard: noop.ratio,
      sliced: sliced.figures,
      noop: noop.figures,
      starved: sliced.starved + noop.starved,
      pairs,
      seconds_each: seconds,
    }
  } finally {
    await edge.close()
  }
}

async function measure(edge: MeasuredEdge, lines: string[], pairs: number, seconds: number) {
  const { client, dataDir } = edge
  const cpu = cpuClock(processOf('kalico', dataDir))
  const ways = { stream: streamed(edge), virtual_sdcard: fromDisk(edge) }
  const gcode = await longEnough(client, ways.virtual_sdcard, lines, seconds)
  const print = async (start: StartPrint) => {
    const { ended } = await start(gcode)
    const rate = await rateOfNext(client, cpu, gcode)
    await ended('success')
    return rate
  }
  let starved = 0
  const rates = { stream: [] as Rate[], virtual_sdcard: [] as Rate[] }
  for (let pair = 0; pair < pairs; pair++) {
    const both = ['stream', 'virtual_sdcard'] as const
    for (const way of pair % 2 === 0 ? both : both.toReversed()) {
      rates[way].push(await print(ways[way]))
      if (way === 'stream') starved += await starvedCount(client)
    }
  }
  const ratios = (of: keyof Rate) =>
    rates.stream.map((rate, pair) => rate[of] / (rates.virtual_sdcard[pair]?.[of] ?? 0))
  const figures: Record<string, unknown> = {
    lines: gcode.lines,
    ratio_range: range(ratios('perSecond'), 3),
    cpu_ratio: round(median(ratios('perCpuSecond')), 3),
    cpu_ratio_range: range(ratios('perCpuSecond'), 3),
  }
  for (const way of ['stream', 'virtual_sdcard'] as const) {
    figures[way] = describe(rates[way], await pausesOfPrint(client, ways[way], gcode, pauses))
  }
  for (const [name, way] of Object.entries(scriptWays)) {
    const rate = await rateOfScripts(client, cpu, gcode, way, seconds)
    figures[name] = describe([rate], await pausesOfScripts(client, cpu, gcode, way, pauses))
  }
  return { ratio: round(median(ratios('perSecond')), 3), starved, figures }
}

function describe(rates: Rate[], pauses: number[]) {
  return {
    lines_per_s: Math.round(median(rates.map(rate => rate.perSecond))),
    lines_per_s_range: range(
      rates.map(rate => rate.perSecond),
      0,
    ),
    klippy_cpu_us_per_line: round(median(rates.map(rate => 1e6 / rate.perCpuSecond)), 1),
    pause_ms: round(median(pauses), 1),
    pause_max_ms: round(Math.max(...pauses), 1),
  }
}

/** The lines repeated until this machine prints them for `seconds` or longer: a print of a few samples cannot be measured. */
async function longEnough(
  client: MeasuredEdge['client'],
  start: StartPrint,
  lines: string[],
  seconds: number,
): Promise<MadeGcode> {
  let count = firstLines
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const gcode = repeated(lines, count)
    const { ended } = await start(gcode)
    const taken = await secondsOf(client, gcode)
    await ended('success')
    if (taken >= seconds) return gcode
    // 20 % more than needed, but at most ten times as much: the start of the print is part of the measured time.
    count = Math.ceil(count * Math.min(10, (1.2 * seconds) / Math.max(taken, 0.1)))
  }
  throw new Error(`This machine prints ${count} lines in less than ${seconds} s: more than this bench can measure.`)
}
