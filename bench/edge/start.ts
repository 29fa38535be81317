import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { findEnvironment } from '../../local/printer/environment.ts'
import { startRealPrinter } from '../../local/printer/start.ts'
import { bundleEdge } from '../../local/release/bundle.ts'
import { type CfgPage, edgeCfg } from '../../local/stack/edge-config.ts'
import { buildUi } from '../../local/ui/build.ts'
import { startVirtualPrinter } from '../../local/virtual-printer/start.ts'
import { startFakeMarketplace } from '../../test/make/edge/fake-marketplace.ts'
import type { FakeMarketplace } from '../../test/make/edge/fake-marketplace-state.ts'
import { connectPrinterClient, type PrinterClient } from '../../test/make/edge/printer-client.ts'
import { registerPrinter } from '../klippy/register.ts'
import { end } from '../process/end.ts'

/** `real` throws where Klippy and Moonraker are not installed; `any` then takes the virtual printer. */
export type PrinterKind = 'real' | 'virtual' | 'any'

export interface EdgeOptions {
  printer: PrinterKind
  autoStart?: boolean
  pollSeconds?: number
  /** The ports of the printer's page; without them it is off. */
  page?: CfgPage
  /** The Node that the launcher finds; this process's own by default. */
  node?: string
  /** A command that starts the edge, such as ['nice', '-n', '5']. */
  through?: string[]
}

/** A registered edge as a separate process, with its printer and a marketplace to which the bench adds jobs. */
export interface MeasuredEdge {
  pid: number
  isReal: boolean
  /** Moonraker's data folder. */
  dataDir: string
  gcodesDir: string
  client: PrinterClient
  market: FakeMarketplace
  close: () => Promise<void>
}

/** Starts all of them. The edge is the bundle of a release, started by its launcher, as install.sh has it. */
export async function startMeasuredEdge(options: EdgeOptions): Promise<MeasuredEdge> {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'lmnt-bench-')))
  const dataDir = join(dir, 'data')
  const streamSocket = join(dir, 'lmnt', 'stream.sock')
  const closes: (() => unknown)[] = [() => rmSync(dir, { recursive: true, force: true })]
  const close = async () => {
    for (const one of closes.reverse()) await one()
  }
  try {
    const environment = environmentFor(options.printer)
    const printer = environment
      ? await startRealPrinter({ environment, dataDir, streamSocket, isRecorded: false })
      : await startVirtualPrinter({ dataDir, streamSocket })
    closes.push(printer.close)
    const market = await startFakeMarketplace()
    closes.push(market.close)
    const { autoStart = true, pollSeconds = 1, page } = options
    const section = { name: 'printer', moonrakerUrl: printer.websocketUrl, streamSocket, autoStart, pollSeconds }
    const cfg = join(dir, 'lmnt-edge.cfg')
    const dataPath = join(dir, 'state')
    writeFileSync(cfg, edgeCfg({ marketplaceUrl: market.url, dataPath, logLevel: 'error', page, printers: [section] }))
    const edge = await startBundle(dir, cfg, options)
    closes.push(() => end(edge))
    const client = await connectPrinterClient(printer.websocketUrl)
    closes.push(client.close)
    await registerPrinter(client)
    const isReal = environment !== null
    return { pid: edge.pid!, isReal, dataDir, gcodesDir: printer.gcodesDir, client, market, close }
  } catch (error) {
    await close()
    throw error
  }
}

function environmentFor(printer: PrinterKind) {
  if (printer === 'virtual') return null
  const environment = findEnvironment(process.env.LMNT_PYTHON)
  if (!environment && printer === 'real')
    throw new Error('Real Klippy and Moonraker are not installed. Run: npm run printer:setup')
  return environment
}

/** The edge as install.sh has it: launcher and bundle, with that Node as the host's. */
async function startBundle(dir: string, cfg: string, options: EdgeOptions): Promise<ChildProcess> {
  const { node = process.execPath, through = [] } = options
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  symlinkSync(realpathSync(node), join(bin, 'node'))
  for (const { path, content } of (await bundleEdge()).files) writeFileSync(join(dir, path), content)
  copyFileSync('edge/lmnt-edge', join(dir, 'lmnt-edge'))
  if (options.page) {
    await buildUi()
    cpSync('dist/ui', join(dir, 'ui'), { recursive: true })
  }
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, EDGE_CONFIG: cfg }
  const [command = '', ...args] = [...through, join(dir, 'lmnt-edge')]
  return spawn(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
}
