import * as assert from 'uvu/assert'
import { eventually } from '../make/eventually.ts'
import { heldPrint, nextPrintWorks } from '../make/printer-real/prints.ts'
import { klippy, type Place, printerSuite, reported, untilReady } from '../make/printer-real/set-up.ts'

const { test, run } = printerSuite('a print whose printer is stopped or restarted', {
  streamOptions: ['pause_after: 60'],
})

/** Also when Klippy has to be started again first. */
async function worksAgain(place: Place): Promise<void> {
  await untilReady(place.shed)
  await nextPrintWorks(place)
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
    await worksAgain(place)
  })
}

test('FIRMWARE_RESTART in the middle of a print gives the right back, and the next print works', async place => {
  const { shed, bench } = place
  const { job } = await heldPrint(place)
  // Klippy is gone before it has answered.
  await shed.client.call('printer.firmware_restart').catch(() => {})
  const report = await reported(bench, job)
  assert.is(report.status, 'failure')
  assert.match(report.error ?? '', 'Klipper')
  await worksAgain(place)
})

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
  await worksAgain(place)
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
  await worksAgain(place)
})

run()
