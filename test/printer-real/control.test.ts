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

const { test, run } = printerSuite('what a person does to a print on real Klippy', {
  // A print that is held to be looked at is not to be paused by itself meanwhile.
  streamOptions: ['pause_after: 60'],
})

test('pause and resume while the lines come are answered at once, and change nothing of what is printed', async place => {
  const { shed, bench } = place
  const { gcode, job } = await runningPrint(place)
  for (const lines of [1000, 2000]) {
    await untilLines(shed, lines)
    await atOnce(shed, 'printer.print.pause', 'paused')
    assert.is((await klippy(shed)).virtual_sdcard.is_active, false)
    await atOnce(shed, 'printer.print.resume', 'printing')
  }
  shed.relay.flow()
  assert.is((await reported(bench, job)).status, 'success')
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
})

test('pause and resume while the print starves are answered at once, and change nothing of it', async place => {
  const { shed, bench } = place
  const { gcode, job } = await heldPrint(place)
  for (let times = 0; times < 2; times++) {
    await atOnce(shed, 'printer.print.pause', 'paused')
    await atOnce(shed, 'printer.print.resume', 'printing')
  }
  shed.relay.flow()
  assert.is((await reported(bench, job)).status, 'success')
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
})

for (const [what, begun] of [
  ['while the lines come', runningPrint],
  ['while the print starves', heldPrint],
] as const) {
  test(`a cancel ${what} is answered at once, is a failure, and the next print works`, async place => {
    const { job } = await begun(place)
    await atOnce(place.shed, 'printer.print.cancel', 'cancelled')
    const report = await reported(place.bench, job)
    assert.is(report.status, 'failure')
    assert.is(report.stats?.reason, 'cancelled')
    await nextPrintWorks(place)
  })
}

test('a cancel of a paused print is answered at once, and is a failure', async place => {
  const { job } = await heldPrint(place)
  await atOnce(place.shed, 'printer.print.pause', 'paused')
  await atOnce(place.shed, 'printer.print.cancel', 'cancelled')
  assert.is((await reported(place.bench, job)).stats?.reason, 'cancelled')
  await nextPrintWorks(place)
})

test('a PAUSE that stands in the file waits for the person, then the next line comes', async ({
  shed,
  bench,
  market,
}) => {
  const gcode = shortMoves(500, ['PAUSE', 'G1 X100', 'G1 X101'])
  const job = await market.add(gcode)
  await untilState(shed, 'paused')
  assert.equal(job.reports, [])
  await atOnce(shed, 'printer.print.resume', 'complete')
  assert.is((await reported(bench, job)).status, 'success')
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
})

test("a line that Klipper refuses ends the print with Klipper's own words and cold heaters", async place => {
  const { shed, bench, market } = place
  const job = await market.add(gcodeOf(['G28', 'M140 S60', 'M104 S200', 'G1 X10 F6000', 'G1 X5000', 'G1 X20']))
  const report = await reported(bench, job)
  assert.is(report.stats?.reason, 'error')
  assert.match(report.error ?? '', 'Move out of range')
  assert.match((await untilState(shed, 'error')).message, 'Move out of range')
  const { heater_bed: bed, extruder } = await klippy(shed)
  assert.equal([bed.target, extruder.target], [0, 0])
  await eventually('the extra lets the job go', async () => !(await klippy(shed)).lmnt_stream.is_active)
  await nextPrintWorks(place)
})

test('SDCARD_RESET_FILE in the middle of a print gives the right back, and the next print works', async place => {
  const { shed, bench } = place
  const { job } = await heldPrint(place)
  await shed.client.call('printer.gcode.script', { script: 'SDCARD_RESET_FILE' })
  assert.is((await reported(bench, job)).status, 'failure')
  assert.is((await klippy(shed)).lmnt_stream.is_active, false)
  await nextPrintWorks(place)
})

test('the file can be printed again the moment that its print has ended, well or badly', async place => {
  const { shed, bench, market } = place
  market.rightsLeft = 2
  const { gcode } = await heldPrint(place)
  shed.relay.flow()
  const { filename } = await untilState(shed, 'complete')
  const again = async (count: number) => {
    await shed.client.call('printer.print.start', { filename })
    return eventually('another job', () => market.jobs[count])
  }
  const middle = byteAt(gcode, 0.5)
  shed.relay.holdAt(middle)
  const second = await again(1)
  await untilHeld(shed, middle)
  await shed.client.call('printer.print.cancel')
  shed.relay.flow()
  const third = await again(2)
  assert.is((await reported(bench, second)).stats?.reason, 'cancelled')
  assert.is((await reported(bench, third)).status, 'success')
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
  assert.equal(
    market.jobs.map(job => job.reports.length),
    [1, 1, 1],
  )
})

run()
