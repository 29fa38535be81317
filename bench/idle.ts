/**
 * Memory and CPU time of an idle edge: the bundle of a release, started by its launcher, registered, connected to Moonraker, with a poll
 * waiting at the marketplace. Resident memory is sampled for a minute, CPU time is that of all of its threads. Beside it, in the same run,
 * a Node process that does nothing: the rest is ours. Bars: 60 MB, 1 % of a core. `--seconds N`, `--node FILE` for another Node.
 *
 * Real Moonraker and Klippy where `npm run printer:setup` has installed them, else the virtual printer.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { findEnvironment } from '../local/printer/environment.ts'
import { startRealPrinter } from '../local/printer/start.ts'
import { bundleEdge } from '../local/release/bundle.ts'
import { edgeCfg } from '../local/stack/edge-config.ts'
import { startVirtualPrinter } from '../local/virtual-printer/start.ts'
import { startFakeMarketplace } from '../test/make/edge/fake-marketplace.ts'
import { connectPrinterClient } from '../test/make/edge/printer-client.ts'
import { cpuClock } from './klippy/cpu-clock.ts'
import { registerPrinter } from './klippy/register.ts'
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
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'lmnt-idle-')))
  const streamSocket = join(dir, 'lmnt', 'stream.sock')
  const environment = findEnvironment(process.env.LMNT_PYTHON)
  const printer = environment
    ? await startRealPrinter({ environment, dataDir: join(dir, 'data'), streamSocket })
    : await startVirtualPrinter({ dataDir: join(dir, 'data'), streamSocket })
  const market = await startFakeMarketplace()
  const cfg = join(dir, 'lmnt-edge.cfg')
  const printers = [{ name: 'printer', moonrakerUrl: printer.websocketUrl, streamSocket, autoStart: false }]
  writeFileSync(cfg, edgeCfg({ marketplaceUrl: market.url, dataPath: join(dir, 'state'), printers }))
  const edge = await startBundle(dir, cfg, node)
  const client = await connectPrinterClient(printer.websocketUrl)
  const bare = spawn(node, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  try {
    await registerPrinter(client)
    await sleep(settleMs)
    return {
      printer: environment ? 'real' : 'virtual',
      node: execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(),
      ...(await measure(edge, Number(seconds) * 1000)),
      bare_node_rss_mb: round(memoryMb(bare.pid, 'VmRSS'), 1),
    }
  } finally {
    client.close()
    await Promise.all([edge, bare].map(end))
    await printer.close()
    await market.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** The edge as install.sh has it: launcher and bundle, with that Node as the host's. */
async function startBundle(dir: string, cfg: string, node: string): Promise<ChildProcess> {
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  symlinkSync(realpathSync(node), join(bin, 'node'))
  writeFileSync(join(dir, 'edge.js'), (await bundleEdge()).code)
  copyFileSync('edge/lmnt-edge', join(dir, 'lmnt-edge'))
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, EDGE_CONFIG: cfg }
  return spawn(join(dir, 'lmnt-edge'), [], { env, stdio: ['ignore', 'ignore', 'inherit'] })
}

async function measure({ pid }: ChildProcess, ms: number) {
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

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill()
  await ended
}
