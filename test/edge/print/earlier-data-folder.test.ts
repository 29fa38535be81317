import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startEdge } from '../../../edge/app.ts'
import { defaultTiming, type EdgeConfig } from '../../../edge/config.ts'
import { startVirtualPrinter, type VirtualPrinter } from '../../../local/virtual-printer/start.ts'
import { silentLog } from '../../../runtime/log.ts'
import { user } from '../../make/edge/fake-accounts.ts'
import { type FakeJob, restoredJob } from '../../make/edge/fake-job.ts'
import { type FakeMarketplace, startFakeMarketplace } from '../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { connectPrinterClient, type PrinterClient } from '../../make/edge/printer-client.ts'
import { eventually } from '../../make/eventually.ts'

/** test/make/edge/data-folders/ was made by make-data-folder.ts beside it, in a checkout of 824df69: the edge before it ran one plan. */
const test = suite('the data folder of an earlier version')

const savedUrl = 'http://marketplace.invalid'
const filename = 'LMNT/Gear.gcode'

interface SavedMarketplace {
  psek: string
  jobs: Pick<FakeJob, 'claim' | 'status' | 'bootNonce'>[]
}

interface Host {
  market: FakeMarketplace
  printer: VirtualPrinter
  client: PrinterClient
  config: EdgeConfig
  /** Already printed; its report waits. */
  reported: FakeJob
  currentJob: FakeJob
  start: (bootNonce: string) => Promise<void>
}

const read = <T>(path: string) => JSON.parse(readFileSync(path, 'utf8')) as T

/** Sets up a printer's host with a saved data folder, and a marketplace with its printer and jobs. */
async function withFolder(kind: 'waiting' | 'printing', autoStart: boolean, work: (host: Host) => Promise<void>) {
  const dir = mkdtempSync(join(tmpdir(), 'lmnt-earlier-'))
  const dataDir = join(dir, 'edge')
  const folder = join('test/make/edge/data-folders', kind)
  const { psek, jobs } = read<SavedMarketplace>(join(folder, 'marketplace.json'))
  const market = await startFakeMarketplace({ psek: Buffer.from(psek, 'base64') })
  cpSync(join(folder, 'edge'), dataDir, { recursive: true })
  for (const name of readdirSync(dataDir, { recursive: true, encoding: 'utf8' })) {
    const path = join(dataDir, name)
    if (!name.endsWith('.json') || !statSync(path).isFile()) continue
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(savedUrl, market.url))
  }
  const identity = read<{ printer_id: string; name: string; printer_token: string; token_issued_at: number }>(
    join(dataDir, 'printer.json'),
  )
  const { printer_id, name, printer_token } = identity
  market.accounts.printers.push({ printer_id, owner: user, name, tokens: [printer_token] })
  market.jobs.push(...jobs.map(restoredJob))

  const config: EdgeConfig = {
    dataDir,
    marketplaceUrl: market.url,
    moonrakerUrl: '',
    moonrakerApiKey: undefined,
    streamSocket: join(dir, 'comms', 'stream.sock'),
    autoStart,
    logLevel: 'silent',
    spareBytes: 0,
    timing: { ...defaultTiming, pollWaitS: 1, progressMs: 50, waitLineMs: 100, firstRetryMs: 20, longestRetryMs: 200 },
  }
  const printer = await startVirtualPrinter({
    dataDir: join(dir, 'printer'),
    streamSocket: config.streamSocket,
    statusIntervalMs: 20,
    openTimeoutMs: 60_000,
  })
  cpSync(join(folder, 'gcodes'), printer.gcodesDir, { recursive: true })
  config.moonrakerUrl = printer.websocketUrl
  const client = await connectPrinterClient(printer.websocketUrl)
  const clock = () => identity.token_issued_at + 60_000
  let close = async () => {}
  const start = async (bootNonce: string) => {
    const edge = await startEdge({ config, clock, jitter: Math.random, randomBytes, bootNonce, log: silentLog })
    close = edge.close
  }
  const [reported, currentJob] = market.jobs
  if (!reported || !currentJob) throw new Error('the saved folder must have two jobs')
  try {
    await work({ market, printer, client, config, reported, currentJob, start })
  } finally {
    await close()
    client.close()
    await printer.close()
    await market.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Asserts that the waiting report is delivered, the current job reported and cleaned up, and the next job printed. */
async function assertFinished({ market, client, config, reported, currentJob }: Host, outcome: string): Promise<void> {
  const report = await eventually('the current job is reported', () => currentJob.reports[0])
  assert.is(report.stats?.reason, outcome)
  await eventually('the report that waited is delivered', () => reported.reports[0]?.status === 'success')
  await eventually('no file of the job remains', () =>
    ['jobs', 'outbox', 'spool'].every(name => readdirSync(join(config.dataDir, name)).length === 0),
  )
  const { registered } = (await client.agent('status')) as { registered: boolean }
  assert.ok(registered)
  assert.equal([reported.reports.length, currentJob.reports.length], [1, 1])
  assert.equal(market.ranges, [], 'the spool was there')
  config.autoStart = true
  const next = await market.add(makeGcode(300))
  assert.is((await eventually('the next one is printed', () => next.reports[0])).status, 'success')
}

const newBoot = () => randomBytes(24).toString('base64url')
const bootOf = ({ config, currentJob }: Host) =>
  read<{ print: { boot: string } | null }>(join(config.dataDir, 'jobs', `${currentJob.claim.print_job_id}.json`)).print
    ?.boot

test('a waiting job is printed when somebody starts it', () =>
  withFolder('waiting', false, async host => {
    const { client, currentJob, start } = host
    await start(newBoot())
    await eventually('the job is ready', async () => {
      const { job } = (await client.agent('status').catch(() => ({ job: null }))) as { job: { state: string } | null }
      return job?.state === 'ready'
    })
    await client.agent('start_job')
    await assertFinished(host, 'complete')
    const { jobs } = (await client.call('server.history.list', {})) as { jobs: { filename: string }[] }
    assert.is(jobs.filter(one => one.filename === filename).length, 1, 'printed once, by the name that its stub had')
    assert.is(currentJob.claim.title, 'Gear')
  }))

test('a running print is printed to its end', () =>
  withFolder('printing', true, async host => {
    const { client, currentJob, start } = host
    await client.call('printer.print.start', { filename })
    await eventually('the print has run as long as before', async () => {
      const { total_duration } = (await client.printStats()) as unknown as { total_duration: number }
      return total_duration > 2
    })
    await start(bootOf(host) ?? '')
    await eventually('the current job is reported', () => currentJob.reports[0])
    assert.is((await client.lastRun())?.sha256, currentJob.claim.totals.sha256)
    await assertFinished(host, 'complete')
  }))

test('a print that ended in a power cut gives its right back', () =>
  withFolder('printing', true, async host => {
    await host.start(newBoot())
    await assertFinished(host, 'host_restarted')
  }))

test.run()
