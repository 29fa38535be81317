import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { type Edge, startEdge } from '../../edge/app.ts'
import { defaultTiming, type EdgeConfig } from '../../edge/config.ts'
import { findEnvironment } from '../../local/printer/environment.ts'
import { type RealPrinter, type RealPrinterOptions, startRealPrinter } from '../../local/printer/start.ts'
import { createLog, type Log, silentLog } from '../../service/log.ts'
import { eventually } from '../edge/eventually.ts'
import { type FakeJob, type FakeMarketplace, startFakeMarketplace, user } from '../edge/fake-marketplace.ts'
import { canary, gcodeOf, type MadeGcode } from '../edge/gcode.ts'
import { connectPrinterClient, type PrinterClient } from '../edge/printer-client.ts'

/** The real programs, or null where nobody has installed them: the tests are skipped there. */
export const environment = findEnvironment(process.env.LMNT_PYTHON)

const log: Log = process.env.LMNT_TEST_LOG ? createLog('edge', 'debug') : silentLog

/** Real Klippy and Moonraker, for all tests of a file: they take seconds to start. */
export interface Shed {
  printer: RealPrinter
  client: PrinterClient
  dir: string
  streamSocket: string
  close: () => Promise<void>
}

export async function openShed(options: Partial<RealPrinterOptions> = {}): Promise<Shed> {
  if (!environment) throw new Error('the real programs are not installed')
  const dir = mkdtempSync(join(tmpdir(), 'lmnt-real-'))
  const streamSocket = join(dir, 'lmnt', 'stream.sock')
  const printer = await startRealPrinter({ environment, dataDir: join(dir, 'data'), streamSocket, ...options })
  const client = await connectPrinterClient(printer.websocketUrl)
  return {
    printer,
    client,
    dir,
    streamSocket,
    async close() {
      client.close()
      await printer.close()
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

/** A registered edge at that printer, with a marketplace of its own. */
export async function setUpBench(
  shed: Shed,
  options: { autoStart?: boolean; isRegistered?: boolean } = {},
): Promise<Bench> {
  const { autoStart = true, isRegistered = true } = options
  const market = await startFakeMarketplace()
  const timing = { pollWaitS: 1, progressMs: 50, waitLineMs: 100, firstRetryMs: 20, longestRetryMs: 200 }
  const config: EdgeConfig = {
    dataDir: mkdtempSync(join(shed.dir, 'edge-')),
    marketplaceUrl: market.url,
    moonrakerUrl: shed.printer.websocketUrl,
    moonrakerApiKey: undefined,
    streamSocket: shed.streamSocket,
    autoStart,
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
      await untilAgent(shed)
    },
    async stopEdge() {
      await edge?.close()
      edge = null
    },
    async close() {
      await bench.stopEdge()
      await market.close()
      // The next test begins with a printer that does nothing, and whose agent's name is free.
      await eventually('the agent is gone', async () => (await agents(shed)).length === 0)
      await untilReady(shed)
      const { state } = await shed.client.printStats()
      if (state === 'printing' || state === 'paused') await shed.client.call('printer.print.cancel')
      await shed.client.call('printer.gcode.script', { script: 'SDCARD_RESET_FILE' })
    },
  }
  await bench.startEdge()
  if (isRegistered) {
    const { token } = await shed.client.agent('login_user', { email: user.email, password: user.password })
    await shed.client.agent('register_printer', { name: 'Voron', description: 'in the shed', token })
  }
  return bench
}

async function agents({ client }: Shed): Promise<unknown[]> {
  return ((await client.call('server.extensions.list')) as { agents: unknown[] }).agents
}

/** Waits until Klippy is ready, and restarts it when it has shut down. */
export async function untilReady({ client }: Shed): Promise<void> {
  await eventually('Klippy is ready', async () => {
    const info = await client.call('printer.info').catch(() => null)
    const { state } = z.object({ state: z.string() }).catch({ state: 'disconnected' }).parse(info)
    if (state === 'shutdown') await client.call('printer.firmware_restart').catch(() => {})
    return state === 'ready'
  })
}

export function untilAgent(shed: Shed): Promise<unknown> {
  return eventually('the edge is an agent', async () => (await agents(shed)).length === 1)
}

const objects = z.object({
  virtual_sdcard: z.object({ progress: z.number(), is_active: z.boolean(), file_position: z.number() }),
  display_status: z.object({ progress: z.number() }),
  print_stats: z.object({ info: z.object({ current_layer: z.number().nullable() }) }),
  lmnt_line_record: z.object({ lines: z.number(), sha256: z.string() }),
  lmnt_stream: z.object({ is_active: z.boolean() }).catchall(z.unknown()),
})
const names = Object.keys(objects.shape)

/** What Klippy says of itself and of the lines that it has run since the stream began. */
export async function klippy({ client }: Shed): Promise<z.infer<typeof objects>> {
  const wanted = Object.fromEntries(names.map(name => [name, null]))
  const answer = (await client.call('printer.objects.query', { objects: wanted })) as { status: unknown }
  return objects.parse(answer.status)
}

/** Waits until so many lines of the running print have gone through Klippy. */
export async function untilLines(shed: Shed, lines: number): Promise<void> {
  await eventually(`${lines} lines have run`, async () => {
    const { lmnt_line_record: record, lmnt_stream: stream } = await klippy(shed)
    return stream.is_active && record.lines > lines
  })
}

export async function untilState(shed: Shed, state: string, limitMs?: number) {
  const look = async () => {
    const stats = await shed.client.printStats()
    return stats.state === state && stats
  }
  return eventually(`the print is in state ${state}`, look, limitMs)
}

/** The one report of a job, once the marketplace has it. */
export async function reported(bench: Bench, job: FakeJob | undefined = bench.market.jobs[0]) {
  return eventually('the report', () => job?.reports[0], 60_000)
}

/** G-code of so many short moves: Klippy plans ten thousand of them and more in a second. */
export function shortMoves(moves: number, more: string[] = []): MadeGcode {
  const layers = 5
  const lines = ['G28', 'G90', 'M83', `; ${canary}`, `SET_PRINT_STATS_INFO TOTAL_LAYER=${layers}`]
  for (let move = 0; move < moves; move++) {
    if (move % Math.ceil(moves / layers) === 0) lines.push(';LAYER_CHANGE', layerLine(move, moves, layers))
    lines.push(`G1 X${(100 + (move % 97) / 10).toFixed(3)} Y${(57 + (move % 89) / 10).toFixed(4)} E0.01 F6000`)
  }
  return gcodeOf([...lines, ...more, 'TURN_OFF_HEATERS', 'M84'], layers)
}

function layerLine(move: number, moves: number, layers: number): string {
  return `SET_PRINT_STATS_INFO CURRENT_LAYER=${Math.floor((move * layers) / moves) + 1}`
}

export interface HistoryEntry {
  filename: string
  status: string
  exists: boolean
  metadata: Record<string, unknown>
}

/** The newest entry of Moonraker's history. */
export async function latestHistory(shed: Shed): Promise<HistoryEntry> {
  const answer = (await shed.client.call('server.history.list', { limit: 1 })) as { jobs: HistoryEntry[] }
  return answer.jobs[0] as HistoryEntry
}

/** The stub of the job in hand, once it can be printed. */
export function readyFile(shed: Shed): Promise<string> {
  return eventually('the job is ready', async () => {
    const { job } = (await shed.client.agent('status')) as { job: { state: string; file: string } | null }
    return job?.state === 'ready' && job.file
  })
}
