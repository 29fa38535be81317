import { cpSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { FakeJob } from '../make/edge/fake-marketplace.ts'
import { gcodeOf } from '../make/edge/gcode.ts'
import { eventually } from '../make/eventually.ts'
import { heldPrint, nextPrintWorks, runningPrint } from '../make/printer-real/prints.ts'
import {
  atOnce,
  byteAt,
  type Fixture,
  klippy,
  reported,
  setUpEdge,
  sharedPrinter,
  shortMoves,
  startPrinterHost,
  untilHeld,
  untilLines,
  untilState,
} from '../make/printer-real/set-up.ts'

// A print that is held to be looked at is not to be paused by itself meanwhile.
const options = { streamOptions: ['pause_after: 60'] }
const printer = sharedPrinter(options)
const { test } = printer.suite('pause, resume and cancel by a person on real Klippy')

test('pause and resume of a running print are answered at once, and do not change the printed lines', async fixture => {
  const { host, testEdge } = fixture
  const { gcode, job } = await runningPrint(fixture)
  for (const lines of [1000, 2000]) {
    await untilLines(host, lines)
    await atOnce(host, 'printer.print.pause', 'paused')
    assert.is((await klippy(host)).virtual_sdcard.is_active, false)
    await atOnce(host, 'printer.print.resume', 'printing')
  }
  host.relay.flow()
  assert.is((await reported(testEdge, job)).status, 'success')
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
})

test('pause and resume of a starved print are answered at once, and do not change the printed lines', async fixture => {
  const { host, testEdge } = fixture
  const { gcode, job } = await heldPrint(fixture)
  for (let times = 0; times < 2; times++) {
    await atOnce(host, 'printer.print.pause', 'paused')
    await atOnce(host, 'printer.print.resume', 'printing')
  }
  host.relay.flow()
  assert.is((await reported(testEdge, job)).status, 'success')
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
})

for (const [what, begun] of [
  ['while the lines come', runningPrint],
  ['while the print starves', heldPrint],
] as const) {
  test(`a cancel ${what} is answered at once, is a failure, and the next print works`, async fixture => {
    const { job } = await begun(fixture)
    await atOnce(fixture.host, 'printer.print.cancel', 'cancelled')
    const report = await reported(fixture.testEdge, job)
    assert.is(report.status, 'failure')
    assert.is(report.stats?.reason, 'cancelled')
    await nextPrintWorks(fixture)
  })
}

test('a cancel of a paused print is answered at once, and is a failure', async fixture => {
  const { job } = await heldPrint(fixture)
  await atOnce(fixture.host, 'printer.print.pause', 'paused')
  await atOnce(fixture.host, 'printer.print.cancel', 'cancelled')
  assert.is((await reported(fixture.testEdge, job)).stats?.reason, 'cancelled')
  await nextPrintWorks(fixture)
})

test('a PAUSE in the file waits for a person, then the next line runs', async ({ host, testEdge, market }) => {
  const gcode = shortMoves(500, ['PAUSE', 'G1 X100', 'G1 X101'])
  const job = await market.add(gcode)
  await untilState(host, 'paused')
  assert.equal(job.reports, [])
  await atOnce(host, 'printer.print.resume', 'complete')
  assert.is((await reported(testEdge, job)).status, 'success')
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
})

test("a line that Klipper refuses ends the print with Klipper's own words and cold heaters", async fixture => {
  const { host, testEdge, market } = fixture
  const job = await market.add(gcodeOf(['G28', 'M140 S60', 'M104 S200', 'G1 X10 F6000', 'G1 X5000', 'G1 X20']))
  const report = await reported(testEdge, job)
  assert.is(report.stats?.reason, 'error')
  assert.match(report.error ?? '', 'Move out of range')
  assert.match((await untilState(host, 'error')).message, 'Move out of range')
  const { heater_bed: bed, extruder } = await klippy(host)
  assert.equal([bed.target, extruder.target], [0, 0])
  await eventually('the extra lets the job go', async () => !(await klippy(host)).lmnt_stream.is_active)
  await nextPrintWorks(fixture)
})

test('SDCARD_RESET_FILE in the middle of a print gives the right back, and the next print works', async fixture => {
  const { host, testEdge } = fixture
  const { job } = await heldPrint(fixture)
  await host.client.call('printer.gcode.script', { script: 'SDCARD_RESET_FILE' })
  assert.is((await reported(testEdge, job)).status, 'failure')
  assert.is((await klippy(host)).lmnt_stream.is_active, false)
  await nextPrintWorks(fixture)
})

test('the file can be printed again as soon as its print has ended, in success or failure', async fixture => {
  const { host, testEdge, market } = fixture
  market.rightsLeft = 2
  const { gcode } = await heldPrint(fixture)
  host.relay.flow()
  const { filename } = await untilState(host, 'complete')
  const again = async (count: number) => {
    await host.client.call('printer.print.start', { filename })
    return eventually('another job', () => market.jobs[count])
  }
  const middle = byteAt(gcode, 0.5)
  host.relay.holdAt(middle)
  const second = await again(1)
  await untilHeld(host, middle)
  await host.client.call('printer.print.cancel')
  host.relay.flow()
  const third = await again(2)
  assert.is((await reported(testEdge, second)).stats?.reason, 'cancelled')
  assert.is((await reported(testEdge, third)).status, 'success')
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
  assert.equal(
    market.jobs.map(job => job.reports.length),
    [1, 1, 1],
  )
})

const decisions = printer.suite('marketplace decisions about the job of a real printer')

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

decisions.test('a cancel at the marketplace ends a running print', async fixture => {
  const { job } = await runningPrint(fixture)
  await eventually('the marketplace knows of the print', () => job.status === 'printing')
  await cancelled(fixture, job)
})

decisions.test('a cancel at the marketplace ends a starved print, and a paused one', async fixture => {
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

decisions.test(
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

decisions.test(
  'a copy of the SD card in a second printer gets the job only when the lease of the first is over',
  async ({ host, testEdge, market }) => {
    const other = await startPrinterHost(options)
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
  },
)

printer.run()
