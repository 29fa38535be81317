/**
 * Memory and CPU time of an idle edge: the bundle of a release, started by its launcher, registered, connected to Moonraker, serving the
 * printer's page to nobody, with a poll waiting at the marketplace. Resident memory is sampled for a minute, CPU time is that of all of its
 * threads. Beside it, in the same run, a Node process that does nothing: the rest is ours. Bars: 60 MB, 1 % of a core. `--seconds N`,
 * `--node FILE` for another Node.
 *
 * Real Moonraker and Klippy where `npm run printer:setup` has installed them, else the virtual printer.
 */
import { execFileSync, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { portsOfProcess } from '../test/make/ports.ts'
import { startMeasuredEdge } from './edge/start.ts'
import { cpuClock } from './klippy/cpu-clock.ts'
import { end } from './process/end.ts'
import { memoryMb } from './report/memory.ts'
import type { Figures } from './report/result.ts'
import { round } from './report/statistics.ts'

/** Time for V8 to drop compiled code and shrink the heap after the start. */
const settleMs = 15_000
const sampleMs = 500

export const bars = { rss_max_mb: { atMost: 60 }, cpu_percent: { atMost: 1 } }

export async function run(args: string[]): Promise<Figures> {
  const options = {
    seconds: { type: 'string', default: '60' },
    node: { type: 'string', default: process.execPath },
  } as const
  const { seconds, node } = parseArgs({ args, options }).values
  const httpPort = portsOfProcess()
  const page = { httpPort, httpsPort: httpPort + 1 }
  const edge = await startMeasuredEdge({ printer: 'any', autoStart: false, pollSeconds: 25, node, page })
  const bare = spawn(node, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  try {
    await sleep(settleMs)
    return {
      printer: edge.isReal ? 'real' : 'virtual',
      node: execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(),
      ...(await measure(edge.pid, Number(seconds) * 1000)),
      bare_node_rss_mb: round(memoryMb(bare.pid, 'VmRSS'), 1),
    }
  } finally {
    await end(bare)
    await edge.close()
  }
}

async function measure(pid: number, ms: number) {
  const cpu = cpuClock(String(pid))
  const before = cpu()
  const began = performance.now()
  const rss: number[] = []
  while (performance.now() - began < ms) {
    rss.push(memoryMb(pid, 'VmRSS'))
    await sleep(sampleMs)
  }
  const elapsedS = (performance.now() - began) / 1000
  return {
    rss_max_mb: round(Math.max(...rss), 1),
    rss_mean_mb: round(rss.reduce((sum, one) => sum + one, 0) / rss.length, 1),
    /** Without the pages of files, such as Node's own program, which processes share. */
    anonymous_mb: round(memoryMb(pid, 'RssAnon'), 1),
    cpu_percent: round(((cpu() - before) / elapsedS) * 100, 2),
  }
}
