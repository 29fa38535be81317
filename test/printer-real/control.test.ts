import * as assert from 'uvu/assert'
import { gcodeOf } from '../make/edge/gcode.ts'
import { eventually } from '../make/eventually.ts'
import { heldPrint, nextPrintWorks, runningPrint } from '../make/printer-real/prints.ts'
import {
  atOnce,
  byteAt,
  klippy,
  printerSuite,
  reported,
  shortMoves,
  untilHeld,
  untilLines,
  untilState,
} from '../make/printer-real/set-up.ts'

const { test, run } = printerSuite('pause, resume and cancel by a person on real Klippy', {
  // A print that is held to be looked at is not to be paused by itself meanwhile.
  streamOptions: ['pause_after: 60'],
})

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

run()
