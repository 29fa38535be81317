import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { gcodeOf, makeGcode } from '../../make/edge/gcode.ts'
import { inWorkshop, reported, untilLines } from '../../make/edge/set-up.ts'

const test = suite('a print that ends behind its last printing line')

const slow = { printer: { linesPerSecond: 5000 } }

test("a cancel by the printer's own end macro, when all is printed, is a success", () =>
  inWorkshop(slow, async shop => {
    const gcode = makeGcode(3000)
    // The last two lines, TURN_OFF_HEATERS and M84, come after the last move.
    await shop.client.call('virtual_printer.fail', { line: gcode.lines, how: 'cancel' })
    await shop.market.add(gcode)
    const report = await reported(shop)
    assert.is((await shop.client.printStats()).state, 'cancelled')
    assert.is(report.status, 'success')
    assert.equal(
      [report.stats?.reason, report.stats?.progress, report.stats?.layers],
      ['cancelled_at_end', 1, gcode.layers],
    )
    assert.is((await shop.client.lastRun())?.lines, gcode.lines - 1)
  }))

test('a cancel one line before that is a failure', () =>
  inWorkshop(slow, async shop => {
    const gcode = makeGcode(3000)
    await shop.client.call('virtual_printer.fail', { line: gcode.lines - 2, how: 'cancel' })
    await shop.market.add(gcode)
    const report = await reported(shop)
    assert.equal([report.status, report.stats?.reason], ['failure', 'cancelled'])
    assert.ok((report.stats?.progress ?? 0) > 0.99)
  }))

/** Lines after the last one that prints, which take a while: an end macro, as the marketplace sees it. */
const withEnd = gcodeOf([...makeGcode(1000).text.trimEnd().split('\n'), ...Array(2000).fill('M84')], 5)
const lastPrinting = makeGcode(1000).lines - 2

test('a print of which all was printed is a success, whatever its end macro dies of', () =>
  inWorkshop(slow, async shop => {
    for (const how of ['error', 'shutdown'] as const) {
      await shop.client.call('virtual_printer.fail', { line: lastPrinting + 1, how })
      const job = await shop.market.add(withEnd)
      const report = await reported(shop, job)
      const reason = { error: 'error_at_end', shutdown: 'klippy_shutdown_at_end' }[how]
      assert.equal([report.status, report.stats?.reason, report.stats?.progress], ['success', reason, 1])
      if (how === 'shutdown') await shop.client.call('printer.firmware_restart')
    }
  }))

test('a print whose last printing line did not run is a failure', () =>
  inWorkshop(slow, async shop => {
    for (const how of ['error', 'shutdown'] as const) {
      await shop.client.call('virtual_printer.fail', { line: lastPrinting, how })
      const job = await shop.market.add(withEnd)
      assert.is((await reported(shop, job)).status, 'failure', how)
      if (how === 'shutdown') await shop.client.call('printer.firmware_restart')
    }
  }))

test('a print of which all was printed is a success when Klipper goes away in its end macro', () =>
  inWorkshop(slow, async shop => {
    await shop.client.call('virtual_printer.fail', { line: withEnd.lines, how: 'disconnect' })
    await shop.market.add(withEnd)
    const report = await reported(shop)
    assert.equal([report.status, report.stats?.reason], ['success', 'klippy_disconnect_at_end'])
  }))

test("a print of which all was printed is a success when its end macro switches the printer's host off", () =>
  inWorkshop({ printer: { linesPerSecond: 1000 } }, async shop => {
    const job = await shop.market.add(withEnd)
    await untilLines(shop, lastPrinting + 100)
    await shop.stopEdge()
    await shop.restartPrinter()
    await shop.startEdge()
    const report = await reported(shop, job)
    assert.equal([report.status, report.stats?.reason], ['success', 'host_restarted_at_end'])
  }))

test.run()
