/**
 * What Klipper loses to the edge: a busy loop at Klipper's priority counts for a second while real Klippy prints out of our stream, as
 * fast as it can, and while it prints the same file from the disk. The two alternate; `loss_percent` is the median of the pairs. The edge
 * runs under the limits of systemd/lmnt-edge.service as far as this machine has them: `limits` names them. Bar: 2 %.
 *
 * A real print runs a hundred times fewer lines a second than this one. `--pairs N`, `--seconds S` of each measurement.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startProbe } from './disturbance/probe.ts'
import { startMeasuredEdge } from './edge/start.ts'
import { repeated } from './gcode/moves.ts'
import { sliceLines } from './gcode/sliced.ts'
import { cpuClock } from './klippy/cpu-clock.ts'
import { untilPrinting } from './klippy/rate.ts'
import type { Figures } from './report/result.ts'
import { median, range, round } from './report/statistics.ts'
import { fromDisk, type StartPrint, streamed } from './stream/prints.ts'

/** More than any machine runs in the time of a measurement; each print is cancelled. */
const linesPerSecond = 100_000

export const bars = { loss_percent: { atMost: 2 } }

export async function run(args: string[]): Promise<Figures> {
  const options = { pairs: { type: 'string', default: '5' }, seconds: { type: 'string', default: '1' } } as const
  const { values } = parseArgs({ args, options })
  const [pairs, seconds] = [Number(values.pairs), Number(values.seconds)]
  const gcode = repeated(await sliceLines(), Math.ceil(linesPerSecond * seconds))
  const { through, limits } = systemdLimits()
  const edge = await startMeasuredEdge({ printer: 'real', through })
  const probe = startProbe()
  try {
    const cpu = cpuClock(String(edge.pid))
    const edgeCpu: number[] = []
    const counts = { stream: [] as number[], virtual_sdcard: [] as number[], idle: [] as number[] }
    const ways = { stream: streamed(edge), virtual_sdcard: fromDisk(edge) }
    const during = async (start: StartPrint) => {
      const { ended } = await start(gcode)
      await untilPrinting(edge.client, gcode)
      const before = cpu()
      const count = await probe.measure(seconds * 1000)
      const cpuSeconds = cpu() - before
      if ((await edge.client.printStats()).state !== 'printing') throw new Error('The print was over too soon.')
      await edge.client.call('printer.print.cancel')
      await ended('cancelled')
      return { count, cpuSeconds }
    }
    for (let pair = 0; pair < pairs; pair++) {
      counts.idle.push(await probe.measure(seconds * 1000))
      counts.virtual_sdcard.push((await during(ways.virtual_sdcard)).count)
      const stream = await during(ways.stream)
      counts.stream.push(stream.count)
      edgeCpu.push(stream.cpuSeconds)
    }
    const lossTo = (other: number[]) => counts.stream.map((count, pair) => (1 - count / (other[pair] ?? 0)) * 100)
    return {
      loss_percent: round(median(lossTo(counts.virtual_sdcard)), 2),
      loss_percent_range: range(lossTo(counts.virtual_sdcard), 2),
      loss_to_idle_printer_percent: round(median(lossTo(counts.idle)), 2),
      edge_cpu_percent: round((median(edgeCpu) / seconds) * 100, 1),
      limits,
      pairs,
      seconds_each: seconds,
    }
  } finally {
    probe.close()
    await edge.close()
  }
}

/** CPUWeight needs systemd; Nice is there everywhere. */
function systemdLimits() {
  const nice = ['nice', '-n', '5']
  if (!existsSync('/run/systemd/system')) return { through: nice, limits: 'Nice=5 (no systemd here for CPUWeight=50)' }
  const scope = ['systemd-run', '--scope', '--quiet', '--property=CPUWeight=50']
  return { through: [...scope, ...nice], limits: 'Nice=5, CPUWeight=50' }
}
