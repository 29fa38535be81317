import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import { type Edge, startEdge } from '../../../edge/app.ts'
import { defaultTiming, type EdgeConfig } from '../../../edge/config.ts'
import { findEnvironment } from '../../../local/printer/environment.ts'
import { type RealPrinterOptions, startRealPrinter } from '../../../local/printer/start.ts'
import { createLog, type Log, silentLog } from '../../../runtime/log.ts'
import { newId } from '../../../schema/http/ids.ts'
import { type FakeJob, type FakeMarketplace, startFakeMarketplace, user } from '../edge/fake-marketplace.ts'
import { connectPrinterClient } from '../edge/printer-client.ts'
import { eventually } from '../eventually.ts'
import { shortMoves } from './moves.ts'
import type { PrinterHost } from './printer-host.ts'
import { untilReady } from './printer-queries.ts'
import { createRelay } from './relay.ts'

export * from './moves.ts'
export type { PrinterHost } from './printer-host.ts'
export * from './printer-queries.ts'

/** The real programs, or null when they are not installed: the tests are skipped then. */
export const environment = findEnvironment(process.env.LMNT_PYTHON)

const log: Log = process.env.LMNT_TEST_LOG ? createLog('edge', 'debug') : silentLog

export async function startPrinterHost(options: Partial<RealPrinterOptions> = {}): Promise<PrinterHost> {
  if (!environment) throw new Error('the real programs are not installed')
  const dir = mkdtempSync(join(tmpdir(), 'lmnt-real-'))
  const streamSocket = join(dir, 'lmnt', 'stream.sock')
  const relay = createRelay(join(dir, 'relay.sock'), streamSocket)
  const printer = await startRealPrinter({
    environment,
    dataDir: join(dir, 'data'),
    streamSocket: relay.path,
    ...options,
  })
  const client = await connectPrinterClient(printer.websocketUrl)
  // Moonraker's last subscription after Klippy's start is for these sensors; an earlier print would have no name in the history.
  await eventually('Moonraker has settled', async () => {
    const sensors = await client.call('server.temperature_store')
    return Object.keys(sensors as object).length > 0
  })
  return {
    printer,
    client,
    dir,
    usualStub: { purchaseId: newId('purchase', randomBytes), file: 'LMNT/Gear.gcode', made_at: Date.now() },
    streamSocket,
    relay,
    async close() {
      client.close()
      await printer.close()
      await relay.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export interface TestEdge {
  market: FakeMarketplace
  config: EdgeConfig
  /** The edge in this process; null while it is stopped. */
  edge: () => Edge | null
  startEdge: () => Promise<void>
  stopEdge: () => Promise<void>
  close: () => Promise<void>
}

export interface TestEdgeOptions {
  autoStart?: boolean
  /** True: a file that is started without a job asks before it uses a right. */
  asksBeforeUsingRights?: boolean
  isRegistered?: boolean
  /** How often it reports a print's progress: each report costs CPU. */
  progressMs?: number
  /** The marketplace of an earlier edge, instead of a new one. */
  market?: FakeMarketplace
  /** The edge's folder, instead of an empty one. */
  dataDir?: string
}

/** Starts an edge at that printer, registered at a fake marketplace. */
export async function setUpEdge(host: PrinterHost, options: TestEdgeOptions = {}): Promise<TestEdge> {
  const { autoStart = true, isRegistered = true, progressMs = 200 } = options
  const market = options.market ?? (await startUsualMarketplace(host))
  const timing = { pollWaitS: 1, progressMs, waitLineMs: 100, firstRetryMs: 20, longestRetryMs: 200 }
  const config: EdgeConfig = {
    dataDir: options.dataDir ?? newDataDir(host),
    marketplaceUrl: market.url,
    moonrakerUrl: host.printer.websocketUrl,
    moonrakerApiKey: undefined,
    streamSocket: host.streamSocket,
    autoStart,
    asksBeforeUsingRights: options.asksBeforeUsingRights ?? false,
    logLevel: 'silent',
    timing: { ...defaultTiming, ...timing, unknownMs: 5000 },
  }
  let edge: Edge | null = null
  const testEdge: TestEdge = {
    market,
    config,
    edge: () => edge,
    async startEdge() {
      edge = await startEdge({
        config,
        clock: Date.now,
        jitter: Math.random,
        randomBytes,
        bootNonce: randomBytes(24).toString('base64url'),
        log,
      })
      await host.relay.open()
      await untilAgent(host)
    },
    async stopEdge() {
      await host.relay.close()
      await edge?.close()
      edge = null
    },
    async close() {
      await testEdge.stopEdge()
      if (!options.market) await market.close()
      // The next test needs an idle printer without an agent.
      await untilReady(host)
      await untilNoAgent(host)
      const { state } = await host.client.printStats()
      if (state === 'printing' || state === 'paused') await host.client.call('printer.print.cancel')
      await host.client.call('printer.gcode.script', { script: 'SDCARD_RESET_FILE' })
    },
  }
  host.client.console.length = 0
  await testEdge.startEdge()
  if (isRegistered) {
    const { token } = await host.client.agent('login_user', { email: user.email, password: user.password })
    // Without our component, which would add `confirm` to calls by a websocket.
    const { confirm } = await host.client.agent('status')
    await host.client.agent('register_printer', { name: 'Voron', description: 'in the shed', token, confirm })
  }
  return testEdge
}

/** Has the usual purchase prepared from the start: an edge would mark its stub as expired meanwhile. */
async function startUsualMarketplace({ usualStub }: PrinterHost): Promise<FakeMarketplace> {
  const market = await startFakeMarketplace({ usualPurchaseId: usualStub.purchaseId })
  await market.prepare(shortMoves(0))
  return market
}

/** The folder of an edge that knows nothing but the stub of the usual purchase, which it need not write again. */
function newDataDir({ dir, usualStub: { purchaseId, ...entry } }: PrinterHost): string {
  const dataDir = mkdtempSync(join(dir, 'edge-'))
  writeFileSync(join(dataDir, 'stubs.json'), JSON.stringify({ [purchaseId]: entry }))
  return dataDir
}

/** The fixture of one test. */
export interface Fixture {
  host: PrinterHost
  testEdge: TestEdge
  market: FakeMarketplace
}

/**
 * Suites that share one real printer, which takes seconds and much CPU to start; each test has its own edge and marketplace.
 * Skipped when the real programs are not installed. A test may override `defaults`, the options of its edge.
 */
export function sharedPrinter(options: Partial<RealPrinterOptions> = {}) {
  const suites: ReturnType<typeof suite>[] = []
  let host: PrinterHost | undefined
  let fixture: Fixture
  return {
    suite(name: string, defaults: TestEdgeOptions = {}) {
      const tests = suite(name)
      suites.push(tests)
      if (environment) {
        tests.before(async () => {
          host ??= await startPrinterHost(options)
        })
      }
      const add = environment ? tests : tests.skip
      return {
        test(sentence: string, body: (fixture: Fixture) => Promise<void>, edgeOptions: TestEdgeOptions = {}): void {
          add(sentence, async () => {
            if (!host) throw new Error('the printer has not started')
            const testEdge = await setUpEdge(host, { ...defaults, ...edgeOptions })
            fixture = { host, testEdge, market: testEdge.market }
            try {
              await body(fixture)
            } finally {
              await testEdge.close()
            }
          })
        },
        /** Skips a test whose program is not installed; `--strict` counts it as failed. */
        skip(sentence: string): void {
          tests.skip(sentence, async () => {})
        },
      }
    },
    /** The fixture of the running test, for helpers of its file. */
    fixture: () => fixture,
    /** Runs the suites in the order in which they were made, and stops the printer after the last. */
    run(): void {
      suites.at(-1)?.after(() => host?.close())
      for (const tests of suites) tests.run()
    },
  }
}

/** A real printer for a file with one suite. */
export function printerSuite(name: string, options: Partial<RealPrinterOptions> = {}, defaults: TestEdgeOptions = {}) {
  const printer = sharedPrinter(options)
  return { ...printer.suite(name, defaults), fixture: printer.fixture, run: printer.run }
}

async function agents({ client }: PrinterHost): Promise<unknown[]> {
  return ((await client.call('server.extensions.list')) as { agents: unknown[] }).agents
}

export function untilAgent(host: PrinterHost): Promise<unknown> {
  // Moonraker may still be starting.
  return eventually('the edge is an agent', async () => (await agents(host).catch(() => [])).length === 1, 60_000)
}

export function untilNoAgent(host: PrinterHost): Promise<unknown> {
  return eventually('the agent is gone', async () => (await agents(host)).length === 0)
}

/** Waits for the report of a job. */
export async function reported({ market }: { market: FakeMarketplace }, job: FakeJob | undefined = market.jobs[0]) {
  return eventually('the report', () => job?.reports[0], 60_000)
}
