import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import { type Edge, startEdge } from '../../../edge/app.ts'
import { defaultTiming, type EdgeConfig } from '../../../edge/config.ts'
import { findEnvironment } from '../../../local/printer/environment.ts'
import { type RealPrinterOptions, startRealPrinter } from '../../../local/printer/start.ts'
import { createLog, type Log, silentLog } from '../../../runtime/log.ts'
import { type FakeJob, type FakeMarketplace, startFakeMarketplace, user } from '../edge/fake-marketplace.ts'
import { connectPrinterClient } from '../edge/printer-client.ts'
import { eventually } from '../eventually.ts'
import { untilReady } from './look.ts'
import { createRelay } from './relay.ts'
import type { Shed } from './shed.ts'

export * from './look.ts'
export * from './moves.ts'
export type { Shed } from './shed.ts'

/** The real programs, or null where nobody has installed them: the tests are skipped there. */
export const environment = findEnvironment(process.env.LMNT_PYTHON)

const log: Log = process.env.LMNT_TEST_LOG ? createLog('edge', 'debug') : silentLog

export async function openShed(options: Partial<RealPrinterOptions> = {}): Promise<Shed> {
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
  // After Klippy's start Moonraker subscribes for the last time for this; a print begun before it has no name in the history.
  await eventually('Moonraker has settled', async () => {
    const sensors = await client.call('server.temperature_store')
    return Object.keys(sensors as object).length > 0
  })
  return {
    printer,
    client,
    dir,
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

export interface Bench {
  market: FakeMarketplace
  config: EdgeConfig
  /** The edge in this process; null while it is stopped. */
  edge: () => Edge | null
  startEdge: () => Promise<void>
  stopEdge: () => Promise<void>
  close: () => Promise<void>
}

export interface BenchOptions {
  autoStart?: boolean
  /** True: a file that is started with no job waiting asks before it uses up a right. */
  asksBeforeUsingRights?: boolean
  isRegistered?: boolean
  /** That of another bench, instead of an own. */
  market?: FakeMarketplace
  /** The edge's folder, instead of an empty one. */
  dataDir?: string
}

/** A registered edge at that printer, with a marketplace of its own. */
export async function setUpBench(shed: Shed, options: BenchOptions = {}): Promise<Bench> {
  const { autoStart = true, isRegistered = true } = options
  const market = options.market ?? (await startFakeMarketplace())
  const timing = { pollWaitS: 1, progressMs: 50, waitLineMs: 100, firstRetryMs: 20, longestRetryMs: 200 }
  const config: EdgeConfig = {
    dataDir: options.dataDir ?? mkdtempSync(join(shed.dir, 'edge-')),
    marketplaceUrl: market.url,
    moonrakerUrl: shed.printer.websocketUrl,
    moonrakerApiKey: undefined,
    streamSocket: shed.streamSocket,
    autoStart,
    asksBeforeUsingRights: options.asksBeforeUsingRights ?? false,
    logLevel: 'silent',
    timing: { ...defaultTiming, ...timing, unknownMs: 5000 },
  }
  let edge: Edge | null = null
  const bench: Bench = {
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
      await shed.relay.open()
      await untilAgent(shed)
    },
    async stopEdge() {
      await shed.relay.close()
      await edge?.close()
      edge = null
    },
    async close() {
      await bench.stopEdge()
      if (!options.market) await market.close()
      // The next test begins with a printer that does nothing, and whose agent's name is free.
      await untilReady(shed)
      await untilNoAgent(shed)
      const { state } = await shed.client.printStats()
      if (state === 'printing' || state === 'paused') await shed.client.call('printer.print.cancel')
      await shed.client.call('printer.gcode.script', { script: 'SDCARD_RESET_FILE' })
    },
  }
  shed.client.console.length = 0
  await bench.startEdge()
  if (isRegistered) {
    const { token } = await shed.client.agent('login_user', { email: user.email, password: user.password })
    // Without our component, which adds it to calls by a websocket.
    const { confirm } = await shed.client.agent('status')
    await shed.client.agent('register_printer', { name: 'Voron', description: 'in the shed', token, confirm })
  }
  return bench
}

/** What a test is given: the printer of its file, an edge, and the marketplace of that. */
export interface Place {
  shed: Shed
  bench: Bench
  market: FakeMarketplace
}

/**
 * The tests of a file, on one real printer, which takes seconds to start; each with an edge and a marketplace of its own.
 * They are skipped where the real programs are not installed. `usual` is what its benches are unless a test says otherwise.
 */
export function printerSuite(name: string, options: Partial<RealPrinterOptions> = {}, usual: BenchOptions = {}) {
  const tests = suite(name)
  let shed: Shed
  let given: Place
  if (environment) {
    tests.before(async () => {
      shed = await openShed(options)
    })
    tests.after(() => shed.close())
  }
  const add = environment ? tests : tests.skip
  return {
    test(sentence: string, body: (place: Place) => Promise<void>, benchOptions: BenchOptions = {}): void {
      add(sentence, async () => {
        const bench = await setUpBench(shed, { ...usual, ...benchOptions })
        given = { shed, bench, market: bench.market }
        try {
          await body(given)
        } finally {
          await bench.close()
        }
      })
    },
    /** What the running test was given, for a file's own helpers. */
    place: () => given,
    run: () => tests.run(),
  }
}

async function agents({ client }: Shed): Promise<unknown[]> {
  return ((await client.call('server.extensions.list')) as { agents: unknown[] }).agents
}

export function untilAgent(shed: Shed): Promise<unknown> {
  // Moonraker may be on its way, too.
  return eventually('the edge is an agent', async () => (await agents(shed).catch(() => [])).length === 1, 60_000)
}

export function untilNoAgent(shed: Shed): Promise<unknown> {
  return eventually('the agent is gone', async () => (await agents(shed)).length === 0)
}

/** The one report of a job, once the marketplace has it. */
export async function reported({ market }: { market: FakeMarketplace }, job: FakeJob | undefined = market.jobs[0]) {
  return eventually('the report', () => job?.reports[0], 60_000)
}
