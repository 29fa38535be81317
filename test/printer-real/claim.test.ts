import { cpSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { FakeJob } from '../make/edge/fake-marketplace.ts'
import { eventually } from '../make/eventually.ts'
import { heldPrint, runningPrint } from '../make/printer-real/prints.ts'
import {
  type Fixture,
  klippy,
  printerSuite,
  reported,
  setUpEdge,
  shortMoves,
  startPrinterHost,
  untilState,
} from '../make/printer-real/set-up.ts'

const printer = { streamOptions: ['pause_after: 60'] }
const { test, run } = printerSuite('marketplace decisions about the job of a real printer', printer)

/** The marketplace asks; the printer does it; the printer's report ends the job, and nothing else does. */
async function cancelled({ host, testEdge }: Fixture, job: FakeJob): Promise<void> {
  assert.is(job.status, 'printing')
  job.isCancelRequested = true
  await untilState(host, 'cancelled')
  const report = await reported(testEdge, job)
  assert.is(report.status, 'failure')
  assert.is(report.stats?.reason, 'cancelled')
  assert.is(job.status, 'failure')
  assert.is(job.reports.length, 1)
}

test('a cancel at the marketplace ends a running print', async fixture => {
  const { job } = await runningPrint(fixture)
  await eventually('the marketplace knows of the print', () => job.status === 'printing')
  await cancelled(fixture, job)
})

test('a cancel at the marketplace ends a starved print, and a paused one', async fixture => {
  const { host } = fixture
  for (const isPaused of [false, true]) {
    const { job } = await heldPrint(fixture)
    if (isPaused) {
      await host.client.call('printer.print.pause')
      await untilState(host, 'paused')
    }
    await cancelled(fixture, job)
    host.relay.flow()
  }
})

test(
  'a job that nobody has started yet ends at once, without a print',
  async ({ host, testEdge, market }) => {
    const job = await market.add(shortMoves(300))
    await eventually('the edge has it', () => job.status === 'claimed')
    job.isCancelRequested = true
    assert.is((await reported(testEdge, job)).stats?.reason, 'cancelled')
    assert.is((await host.client.printStats()).state, 'standby')
    assert.is(market.opens, 0)
  },
  { autoStart: false },
)

test('a copy of the SD card in a second printer gets the job only when the lease of the first is over', async ({
  host,
  testEdge,
  market,
}) => {
  const other = await startPrinterHost(printer)
  try {
    const { gcode, job } = await heldPrint({ host, testEdge, market })
    market.leaseOf = job.bootNonce
    const dataDir = join(other.dir, 'copy')
    // A card holds no sockets: those are in memory.
    cpSync(testEdge.config.dataDir, dataDir, { recursive: true, filter: path => !path.endsWith('.sock') })
    const copy = await setUpEdge(other, { market, dataDir, isRegistered: false })
    try {
      await eventually('the copy has asked for it again and again', () => market.refusedClaims > 5)
      assert.equal(job.reports, [], 'it does not end what it does not have')
      host.relay.flow()
      assert.is((await reported(testEdge, job)).status, 'success')
      assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
      assert.is((await klippy(other)).lmnt_line_record.lines, 0, 'nothing was printed by the copy')
      assert.is(job.reports.length, 1)

      await testEdge.stopEdge()
      market.leaseOf = null
      const next = await market.add(gcode)
      assert.is((await reported(testEdge, next)).status, 'success')
      assert.is((await klippy(other)).lmnt_line_record.sha256, gcode.sha256)
    } finally {
      await copy.close()
    }
  } finally {
    await other.close()
  }
})

run()
