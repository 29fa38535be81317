import * as assert from 'uvu/assert'
import { eventually } from '../make/eventually.ts'
import { heldPrint, nextPrintWorks } from '../make/printer-real/prints.ts'
import { type Fixture, klippy, printerSuite, reported, untilReady } from '../make/printer-real/set-up.ts'

const { test, run } = printerSuite('a print whose printer is stopped or restarted', {
  streamOptions: ['pause_after: 60'],
})

/** Also when Klippy has to be started again first. */
async function worksAgain(fixture: Fixture): Promise<void> {
  await untilReady(fixture.host)
  await nextPrintWorks(fixture)
}

const stops = [
  ['an emergency stop', 'printer.emergency_stop', undefined, 'Shutdown due to webhooks request'],
  ['M112', 'printer.gcode.script', { script: 'M112' }, 'Shutdown due to M112 command'],
] as const
for (const [what, method, params, words] of stops) {
  test(`${what} in the middle of a print is a failure with its reason, and after a restart the next works`, async fixture => {
    const { host, testEdge } = fixture
    const { job } = await heldPrint(fixture)
    // Klippy may be gone before it has answered.
    await host.client.call(method, params).catch(() => {})
    const report = await reported(testEdge, job)
    assert.is(report.status, 'failure')
    assert.is(report.stats?.reason, 'klippy_shutdown')
    assert.match(report.error ?? '', words)
    await worksAgain(fixture)
  })
}

test('FIRMWARE_RESTART in the middle of a print gives the right back, and the next print works', async fixture => {
  const { host, testEdge } = fixture
  const { job } = await heldPrint(fixture)
  // Klippy is gone before it has answered.
  await host.client.call('printer.firmware_restart').catch(() => {})
  const report = await reported(testEdge, job)
  assert.is(report.status, 'failure')
  assert.match(report.error ?? '', 'Klipper')
  await worksAgain(fixture)
})

test('a print goes on during a restart of Moonraker, and its end is reported', async fixture => {
  const { host, testEdge } = fixture
  const { gcode, job } = await heldPrint(fixture)
  await host.printer.restartMoonraker()
  await untilReady(host)
  assert.is((await klippy(host)).print_stats.state, 'printing')
  assert.equal(job.reports, [])
  host.relay.flow()
  assert.is((await reported(testEdge, job)).status, 'success')
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
  await worksAgain(fixture)
})

test('a print that ends without Moonraker is reported with its real outcome', async fixture => {
  const { host, testEdge } = fixture
  const { gcode, job } = await heldPrint(fixture)
  const restarted = host.printer.restartMoonraker()
  host.relay.flow()
  await restarted
  assert.is((await reported(testEdge, job)).status, 'success')
  await eventually('Klippy can be asked', () => klippy(host).catch(() => null))
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
  await worksAgain(fixture)
})

run()
