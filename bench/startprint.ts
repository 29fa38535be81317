/**
 * How long a print takes from the moment at which the marketplace shows its job to the edge, until Klipper has run the first line: the
 * edge claims the job, downloads its container, checks it from end to end, starts the print, and sends lines. Beside it the same file
 * from the disk, from Moonraker's start call on; the two alternate. Bar: 1 s. `--pairs N`, `--mb SIZE` of the G-code.
 *
 * Real Moonraker and Klippy where `npm run printer:setup` has installed them, else the virtual printer.
 */
import { parseArgs } from 'node:util'
import { waitFor } from '../local/demo/wait.ts'
import type { PrinterClient } from '../test/make/edge/printer-client.ts'
import { startMeasuredEdge } from './edge/start.ts'
import { repeated } from './gcode/moves.ts'
import { sliceLines } from './gcode/sliced.ts'
import { limitMs, printStatus } from './klippy/rate.ts'
import type { Figures } from './report/result.ts'
import { median, range, round } from './report/statistics.ts'
import { fromDisk, streamed } from './stream/prints.ts'

const look = { limitMs, everyMs: 2 }
const bytesPerLine = 28

export const bars = { start_seconds: { atMost: 1 } }

export async function run(args: string[]): Promise<Figures> {
  const options = { pairs: { type: 'string', default: '7' }, mb: { type: 'string', default: '1' } } as const
  const { values } = parseArgs({ args, options })
  const [pairs, megabytes] = [Number(values.pairs), Number(values.mb)]
  const gcode = repeated(await sliceLines(), Math.ceil((megabytes * 1e6) / bytesPerLine))
  const bytes = Buffer.byteLength(gcode.text)
  const edge = await startMeasuredEdge({ printer: 'any' })
  const { client, market } = edge
  try {
    const ways = { stream: streamed(edge), disk: fromDisk(edge) }
    const times = { stream: [] as number[], disk: [] as number[] }
    for (let pair = 0; pair < pairs; pair++) {
      for (const way of ['stream', 'disk'] as const) {
        const { askedAt, ended } = await ways[way](gcode)
        // The edge sees the job in the answer with which it claims it.
        if (way === 'stream') await waitFor('the claim', async () => market.jobs[0]?.status !== 'queued', look)
        const began = way === 'stream' ? performance.now() : askedAt
        await waitFor('the first line', () => hasRunLine(client, bytes), look)
        times[way].push((performance.now() - began) / 1000)
        await client.call('printer.print.cancel')
        await ended('cancelled')
      }
    }
    return {
      start_seconds: round(median(times.stream), 3),
      start_seconds_range: range(times.stream, 3),
      disk_start_seconds: round(median(times.disk), 3),
      disk_start_seconds_range: range(times.disk, 3),
      gcode_mb: round(bytes / 1e6, 1),
      printer: edge.isReal ? 'real' : 'virtual',
      pairs,
    }
  } finally {
    await edge.close()
  }
}

async function hasRunLine(client: PrinterClient, bytes: number): Promise<boolean> {
  const { file_position, file_size } = await printStatus(client)
  return file_size === bytes && file_position > 0
}
