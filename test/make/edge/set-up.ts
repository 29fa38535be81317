import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Edge, startEdge } from '../../../edge/app.ts'
import { defaultTiming, type EdgeConfig } from '../../../edge/config.ts'
import {
  startVirtualPrinter,
  type VirtualPrinter,
  type VirtualPrinterConfig,
} from '../../../local/virtual-printer/start.ts'
import { createLog, type Log, silentLog } from '../../../runtime/log.ts'
import { eventually } from '../eventually.ts'
import { type FakeMarketplace, startFakeMarketplace, user } from './fake-marketplace.ts'
import { connectPrinterClient, type PrinterClient } from './printer-client.ts'

export interface EdgeFixture {
  market: FakeMarketplace
  printer: VirtualPrinter
  client: PrinterClient
  config: EdgeConfig
  edge: Edge
  dir: string
  /** Stops the edge, leaving the disk as after a crash, and starts another on the same folder. */
  restartEdge: () => Promise<void>
  stopEdge: () => Promise<void>
  startEdge: () => Promise<void>
  /** Restarts Klippy and Moonraker as after a power cut; they forget the print. Stop the edge before. */
  restartPrinter: () => Promise<void>
  close: () => Promise<void>
}

export interface EdgeFixtureOptions {
  autoStart?: boolean
  /** True, the edge's own default: a file that is started without a job asks before it uses a right. */
  asksBeforeUsingRights?: boolean
  printer?: Partial<VirtualPrinterConfig>
  timing?: Partial<EdgeConfig['timing']>
  /** Address of another marketplace than the fake one. */
  marketplaceUrl?: string
  /** The host's wall clock, as the edge sees it. */
  clock?: () => number
  /** False: the printer is not registered. */
  isRegistered?: boolean
}

const log: Log = process.env.LMNT_TEST_LOG ? createLog('edge', 'debug') : silentLog

/** A virtual printer with its edge, registered at a fake marketplace. */
export async function makeEdgeFixture(options: EdgeFixtureOptions = {}): Promise<EdgeFixture> {
  const dir = mkdtempSync(join(tmpdir(), 'lmnt-edge-'))
  const market = await startFakeMarketplace()
  const config: EdgeConfig = {
    dataDir: join(dir, 'edge'),
    marketplaceUrl: options.marketplaceUrl ?? market.url,
    moonrakerUrl: '',
    moonrakerApiKey: undefined,
    streamSocket: join(dir, 'comms', 'stream.sock'),
    autoStart: options.autoStart ?? true,
    asksBeforeUsingRights: options.asksBeforeUsingRights ?? false,
    logLevel: 'silent',
    timing: {
      ...defaultTiming,
      pollWaitS: 1,
      progressMs: 50,
      waitLineMs: 100,
      firstRetryMs: 20,
      longestRetryMs: 200,
      unknownMs: 2000,
      ...options.timing,
    },
  }
  const printerConfig: VirtualPrinterConfig = {
    dataDir: join(dir, 'printer'),
    streamSocket: config.streamSocket,
    statusIntervalMs: 20,
    restartMs: 200,
    ...options.printer,
  }
  const printer = await startVirtualPrinter(printerConfig)
  config.moonrakerUrl = printer.websocketUrl

  const start = async () => {
    fixture.edge = await startEdge({
      config,
      clock: options.clock ?? Date.now,
      jitter: Math.random,
      randomBytes,
      bootNonce: randomBytes(24).toString('base64url'),
      log,
    })
    await eventually('the edge is an agent', async () => {
      const { agents } = (await fixture.client.call('server.extensions.list')) as { agents: unknown[] }
      return agents.length === 1
    })
  }
  const fixture: EdgeFixture = {
    market,
    printer,
    client: await connectPrinterClient(printer.websocketUrl),
    config,
    edge: undefined as unknown as Edge,
    dir,
    startEdge: start,
    stopEdge: () => fixture.edge.close(),
    async restartEdge() {
      await fixture.edge.close()
      await start()
    },
    async restartPrinter() {
      fixture.client.close()
      await fixture.printer.close()
      const port = Number(new URL(config.moonrakerUrl).port)
      fixture.printer = await startVirtualPrinter({ ...printerConfig, port })
      fixture.client = await connectPrinterClient(config.moonrakerUrl)
    },
    async close() {
      await fixture.edge.close()
      fixture.client.close()
      await fixture.printer.close()
      await market.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  await start()
  if (options.isRegistered ?? true) await register(fixture)
  return fixture
}

export async function register({ client }: EdgeFixture): Promise<Record<string, unknown>> {
  const { token } = await client.agent('login_user', { email: user.email, password: user.password })
  return client.agent('register_printer', { name: 'Voron', description: 'in the shed', token })
}

/** Runs a test with a new fixture, and closes it afterwards. */
export async function withEdge(
  options: EdgeFixtureOptions,
  work: (fixture: EdgeFixture) => Promise<void>,
): Promise<void> {
  const fixture = await makeEdgeFixture(options)
  try {
    await work(fixture)
  } finally {
    await fixture.close()
  }
}

/** Waits until more than this many lines of a job have run. */
export async function untilLines({ client }: EdgeFixture, lines = 500): Promise<void> {
  await eventually('lines run', async () => {
    const run = await client.lastRun()
    return run?.job && run.lines > lines
  })
}

/** Waits for the report of a job. */
export async function reported(fixture: EdgeFixture, job = fixture.market.jobs[0]) {
  return eventually('the report', () => job?.reports[0])
}
