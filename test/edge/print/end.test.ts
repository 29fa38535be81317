import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { gcodeOf, makeGcode } from '../../make/edge/gcode.ts'
import { reported, untilLines, withEdge } from '../../make/edge/set-up.ts'

const test = suite('a print that ends after its last extruding line')

const slow = { printer: { linesPerSecond: 5000 } }

test("a cancel by the printer's own end macro, when all is printed, is a success", () =>
  withEdge(slow, async fixture => {
    const gcode = makeGcode(3000)
    // The last two lines, TURN_OFF_HEATERS and M84, come after the last move.
    await fixture.client.call('virtual_printer.fail', { line: gcode.lines, how: 'cancel' })
    await fixture.market.add(gcode)
    const report = await reported(fixture)
    assert.is((await fixture.client.printStats()).state, 'cancelled')
    assert.is(report.status, 'success')
    assert.equal(
      [report.stats?.reason, report.stats?.progress, report.stats?.layers],
      ['cancelled_at_end', 1, gcode.layers],
    )
    assert.is((await fixture.client.lastRun())?.lines, gcode.lines - 1)
  }))

test('a cancel one line before that is a failure', () =>
  withEdge(slow, async fixture => {
    const gcode = makeGcode(3000)
    await fixture.client.call('virtual_printer.fail', { line: gcode.lines - 2, how: 'cancel' })
    await fixture.market.add(gcode)
    const report = await reported(fixture)
    assert.equal([report.status, report.stats?.reason], ['failure', 'cancelled'])
    assert.ok((report.stats?.progress ?? 0) > 0.99)
  }))

/** Lines after the last one that prints, which take a while: an end macro, as the marketplace sees it. */
const withEnd = gcodeOf([...makeGcode(1000).text.trimEnd().split('\n'), ...Array(2000).fill('M84')], 5)
const lastPrinting = makeGcode(1000).lines - 2

test('a print whose lines all ran is a success, even when its end macro fails', () =>
  withEdge(slow, async fixture => {
    for (const how of ['error', 'shutdown'] as const) {
      await fixture.client.call('virtual_printer.fail', { line: lastPrinting + 1, how })
      const job = await fixture.market.add(withEnd)
      const report = await reported(fixture, job)
      const reason = { error: 'error_at_end', shutdown: 'klippy_shutdown_at_end' }[how]
      assert.equal([report.status, report.stats?.reason, report.stats?.progress], ['success', reason, 1])
      if (how === 'shutdown') await fixture.client.call('printer.firmware_restart')
    }
  }))

test('a print whose last extruding line did not run is a failure', () =>
  withEdge(slow, async fixture => {
    for (const how of ['error', 'shutdown'] as const) {
      await fixture.client.call('virtual_printer.fail', { line: lastPrinting, how })
      const job = await fixture.market.add(withEnd)
      assert.is((await reported(fixture, job)).status, 'failure', how)
      if (how === 'shutdown') await fixture.client.call('printer.firmware_restart')
    }
  }))

test('a print whose lines all ran is a success when Klipper stops in its end macro', () =>
  withEdge(slow, async fixture => {
    await fixture.client.call('virtual_printer.fail', { line: withEnd.lines, how: 'disconnect' })
    await fixture.market.add(withEnd)
    const report = await reported(fixture)
    assert.equal([report.status, report.stats?.reason], ['success', 'klippy_disconnect_at_end'])
  }))

test("a print whose lines all ran is a success when its end macro switches the printer's host off", () =>
  withEdge({ printer: { linesPerSecond: 1000 } }, async fixture => {
    const job = await fixture.market.add(withEnd)
    await untilLines(fixture, lastPrinting + 100)
    await fixture.stopEdge()
    await fixture.restartPrinter()
    await fixture.startEdge()
    const report = await reported(fixture, job)
    assert.equal([report.status, report.stats?.reason], ['success', 'host_restarted_at_end'])
  }))

test.run()
