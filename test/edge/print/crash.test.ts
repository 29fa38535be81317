import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { defaultTiming, type EdgeConfig } from '../../../edge/config.ts'
import { createMarketplace } from '../../../edge/marketplace/client.ts'
import { createReach } from '../../../edge/marketplace/reach.ts'
import { bundle } from '../../../local/build.ts'
import { startVirtualPrinter, type VirtualPrinter } from '../../../local/virtual-printer/start.ts'
import { type FakeJob, type FakeMarketplace, startFakeMarketplace, user } from '../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import type { MortalEdge } from '../../make/edge/mortal-edge.ts'
import { connectPrinterClient } from '../../make/edge/printer-client.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('an edge that is killed at any step')

/** So many printers at a time: most of a print here is waiting. */
const atOnce = 6
/** More changes of the disk than one print makes. */
const mostSteps = 200
/** A deadline for a hang, not a measure: on a busy machine six edges that start at once take most of a minute. */
const hangMs = 180_000
/** Every so many changes, from another one each time; all of them, in minutes, by LMNT_EVERY_STEP=1. */
const stride = process.env.LMNT_EVERY_STEP ? 1 : 5
const firstStep = 1 + Math.floor(Math.random() * stride)
const gcode = makeGcode(1500)
const programDir = join('dist', `crash-${process.pid}`)
const program = join(programDir, 'mortal-edge.js')

test.before(() => bundle({ 'mortal-edge': 'test/make/edge/mortal-edge.ts' }, programDir))
test.after(() => rmSync(programDir, { recursive: true, force: true }))

test('after a kill before any write the next start finishes the same job: one print, one success, an empty disk', async () => {
  let next = firstStep
  let lived = 0
  const failures: string[] = []
  async function work(): Promise<void> {
    while (lived === 0 && next < mostSteps) {
      const step = next
      next += stride
      try {
        if (!(await dieAndGoOn(step))) lived = Math.max(lived, step)
      } catch (error) {
        failures.push(`killed before change ${step} of the disk: ${error instanceof Error ? error.message : error}`)
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  assert.equal(failures, [])
  assert.ok(next < mostSteps, 'one lived')
  assert.ok(lived > 12, `a print makes more than ${lived} changes`)
})

/** One print with an edge that dies before that change, and another one after it. False: it lived to the end. */
async function dieAndGoOn(step: number): Promise<boolean> {
  const dir = mkdtempSync(join(tmpdir(), 'lmnt-crash-'))
  const market = await startFakeMarketplace()
  const streamSocket = join(dir, 'comms', 's.sock')
  const printer = await startVirtualPrinter({
    dataDir: join(dir, 'printer'),
    streamSocket,
    statusIntervalMs: 20,
    linesPerSecond: 3000,
    openTimeoutMs: 60_000,
    starvedPauseMs: 60_000,
  })
  const config = await configOf(dir, market, printer, streamSocket)
  const folders = [config.dataDir, printer.gcodesDir]
  const job = await market.add(gcode)
  let edge = start({ config, folders, step })
  try {
    const isDead = await diedOrReported(edge, job)
    if (isDead) edge = start({ config, folders, step: 0 })
    await finished(config, printer, job)
    return isDead
  } finally {
    edge.kill('SIGTERM')
    if (edge.exitCode === null && edge.signalCode === null) await once(edge, 'exit')
    await printer.close()
    await market.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

function start(mortal: MortalEdge): ChildProcess {
  return spawn(process.execPath, [program, JSON.stringify(mortal)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
}

/** True: it is dead. False: the job was reported, and all that comes after it is done. */
async function diedOrReported(edge: ChildProcess, job: FakeJob): Promise<boolean> {
  let left: number | undefined
  await eventually(
    'the edge dies or reports',
    () => {
      if (edge.signalCode !== null) return true
      if (edge.exitCode !== null) throw new Error(`the edge ended with ${edge.exitCode}`)
      if (job.reports.length === 0) return false
      // What it removes after its report is on the disk a moment later.
      left ??= performance.now() + 500
      return performance.now() > left
    },
    hangMs,
  )
  return edge.signalCode !== null
}

async function finished(config: EdgeConfig, printer: VirtualPrinter, job: FakeJob): Promise<void> {
  const report = await eventually('the report', () => job.reports[0], hangMs)
  assert.is(report.status, 'success', JSON.stringify(report))
  await eventually('no file of the job remains', () =>
    ['jobs', 'outbox', 'spool'].every(name => readdirSync(join(config.dataDir, name)).length === 0),
  )
  assert.ok(job.reports.every(one => one.status === 'success'))
  // A mark in the stub, which the kill may have interrupted, is written again a moment later.
  const names = () => readdirSync(join(printer.gcodesDir, 'LMNT')).join()
  await eventually('only the stub is in the list', () => names() === 'Gear.gcode')
  const client = await connectPrinterClient(printer.websocketUrl)
  try {
    assert.is((await client.lastRun())?.sha256, gcode.sha256)
    const { jobs } = (await client.call('server.history.list', {})) as { jobs: { status: string }[] }
    assert.equal(
      jobs.map(one => one.status),
      ['completed'],
      'printed once',
    )
  } finally {
    client.close()
  }
}

/** A printer that is registered already. */
async function configOf(
  dir: string,
  market: FakeMarketplace,
  printer: VirtualPrinter,
  streamSocket: string,
): Promise<EdgeConfig> {
  const dataDir = join(dir, 'edge')
  mkdirSync(dataDir, { mode: 0o700 })
  const options = { url: market.url, token: () => null, bootNonce: '', reach: createReach(), clock: Date.now }
  const { people } = createMarketplace(options)
  const { access_token } = await people.login({ email: user.email, password: user.password })
  const printerOf = { name: 'Voron', description: '', printer_may_print: true }
  const registered = await people.registerPrinter(access_token, printerOf)
  const identity = {
    marketplace_url: market.url,
    printer_id: registered.printer_id,
    user_id: registered.user_id,
    name: registered.name,
    kek_encrypted_psek: registered.kek_encrypted_psek_for_gcode_encryption,
    printer_token: registered.printer_token,
    token_issued_at: Date.now(),
    token_expires_in_s: registered.expires_in,
  }
  writeFileSync(join(dataDir, 'printer.json'), JSON.stringify(identity), { mode: 0o600 })
  const timing = { pollWaitS: 1, progressMs: 100, waitLineMs: 100, firstRetryMs: 20, longestRetryMs: 200 }
  return {
    dataDir,
    marketplaceUrl: market.url,
    moonrakerUrl: printer.websocketUrl,
    moonrakerApiKey: undefined,
    streamSocket,
    autoStart: true,
    logLevel: 'silent',
    spareBytes: 0,
    timing: { ...defaultTiming, ...timing },
  }
}

test.run()
