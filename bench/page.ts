/**
 * The printer's page: what its first load sends over the network, when a browser on a slow computer has it ready for a click, and what the
 * edge's memory grows by while it serves the page to nobody. Bars: 250 kB, 2 s with a CPU 4 times slower, 6 MB.
 *
 * `--loads N`: first loads, each in a new browser profile; their median counts. `--pairs N`: edges with and without the page, in turn.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { at } from '../local/stack/environments.ts'
import { wholeChromium } from '../test/make/page/browser.ts'
import { portsOfProcess } from '../test/make/ports.ts'
import { type EdgeOptions, startMeasuredEdge } from './edge/start.ts'
import { measureLoads } from './page/load.ts'
import { memoryMb } from './report/memory.ts'
import type { Figures } from './report/result.ts'
import { median, round } from './report/statistics.ts'

/** Time for the certificate to be made, and for V8 to shrink the heap after the start. */
const settleMs = 20_000
const samples = 20

const httpPort = portsOfProcess()
const page = { httpPort, httpsPort: httpPort + 1 }
const idle: EdgeOptions = { printer: 'virtual', autoStart: false, pollSeconds: 25 }

export const bars = {
  first_load_gzip_kb: { atMost: 250 },
  interactive_4x_slower_ms: { atMost: 2000 },
  rss_growth_mb: { atMost: 6 },
}

export async function run(args: string[]): Promise<Figures> {
  const options = { loads: { type: 'string', default: '7' }, pairs: { type: 'string', default: '3' } } as const
  const { loads, pairs } = parseArgs({ args, options }).values
  if (!wholeChromium) throw new Error('Chromium is not installed: apt-get install chromium')
  const growths: number[] = []
  for (let pair = 0; pair < Number(pairs); pair++)
    growths.push((await idleMb({ ...idle, page })) - (await idleMb(idle)))

  const edge = await startMeasuredEdge({ ...idle, page })
  try {
    await sleep(settleMs)
    const { brKb, gzipKb, requests, fullSpeedMs, slowMs } = await measureLoads(at(httpPort), Number(loads))
    return {
      first_load_gzip_kb: round(gzipKb, 1),
      first_load_br_kb: round(brKb, 1),
      requests,
      interactive_4x_slower_ms: Math.round(median(slowMs)),
      interactive_ms: Math.round(median(fullSpeedMs)),
      rss_growth_mb: round(median(growths), 1),
    }
  } finally {
    await edge.close()
  }
}

/** Mean resident memory of an edge that waits. */
async function idleMb(options: EdgeOptions): Promise<number> {
  const edge = await startMeasuredEdge(options)
  try {
    await sleep(settleMs)
    let sum = 0
    for (let sample = 0; sample < samples; sample++) {
      sum += memoryMb(edge.pid, 'VmRSS')
      await sleep(500)
    }
    return sum / samples
  } finally {
    await edge.close()
  }
}
