import * as assert from 'uvu/assert'
import { eventually } from '../edge/eventually.ts'
import { byteAt, klippy, type Place, printerSuite, reported, shortMoves, untilHeld, untilReady } from './set-up.ts'

const { test, run } = printerSuite('a print whose printer is stopped or restarted', {
  streamOptions: ['pause_after: 60'],
})

/** A job whose print stands in its middle, out of lines. */
async function heldPrint({ shed, market }: Place) {
  const gcode = shortMoves(2000)
  const byte = byteAt(gcode, 0.4)
  shed.relay.holdAt(byte)
  const job = await market.add(gcode)
  await untilHeld(shed, byte)
  return { gcode, job }
}

async function nextPrintWorks({ shed, bench, market }: Place): Promise<void> {
  await untilReady(shed)
  shed.relay.flow()
  const gcode = shortMoves(300)
  const job = await market.add(gcode)
  const report = await reported(bench, job)
  assert.is(report.status, 'success', report.error)
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
}

const stops = [
  ['an emergency stop', 'printer.emergency_stop', undefined, 'Shutdown due to webhooks request'],
  ['M112', 'printer.gcode.script', { script: 'M112' }, 'Shutdown due to M112 command'],
] as const
for (const [what, method, params, words] of stops) {
  test(`${what} in the middle of a print is a failure with its reason, and after a restart the next works`, async place => {
    const { shed, bench } = place
    const { job } = await heldPrint(place)
    // Klippy may be gone before it has answered.
    await shed.client.call(method, params).catch(() => {})
    const report = await reported(bench, job)
    assert.is(report.status, 'failure')
    assert.is(report.stats?.reason, 'klippy_shutdown')
    assert.match(report.error ?? '', words)
    await nextPrintWorks(place)
  })
}

for (const method of ['printer.firmware_restart', 'printer.restart']) {
  test(`${method} in the middle of a print gives the right back, and the next print works`, async place => {
    const { shed, bench } = place
    const { job } = await heldPrint(place)
    await shed.client.call(method).catch(() => {})
    const report = await reported(bench, job)
    assert.is(report.status, 'failure')
    assert.match(report.error ?? '', /Klipper|history/)
    await nextPrintWorks(place)
  })
}

test('a print goes on while Moonraker is restarted, and its end is reported', async place => {
  const { shed, bench } = place
  const { gcode, job } = await heldPrint(place)
  await shed.printer.restartMoonraker()
  await untilReady(shed)
  assert.is((await klippy(shed)).print_stats.state, 'printing')
  assert.equal(job.reports, [])
  shed.relay.flow()
  assert.is((await reported(bench, job)).status, 'success')
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
  await nextPrintWorks(place)
})

test('a print that ends while Moonraker is away is reported as what it was', async place => {
  const { shed, bench } = place
  const { gcode, job } = await heldPrint(place)
  const restarted = shed.printer.restartMoonraker()
  shed.relay.flow()
  await restarted
  assert.is((await reported(bench, job)).status, 'success')
  await eventually('Klippy can be asked', () => klippy(shed).catch(() => null))
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
  await nextPrintWorks(place)
})

run()
