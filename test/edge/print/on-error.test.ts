import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeGcode } from '../../make/edge/gcode.ts'
import { inWorkshop, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a print whose printer has an on_error_gcode')

const cancelling = { printer: { linesPerSecond: 5000, cancelsOnError: true } }

test("an error that on_error_gcode answers by a cancel is reported as the printer's error", () =>
  inWorkshop(cancelling, async shop => {
    await shop.client.call('virtual_printer.fail', { line: 700, how: 'error', message: 'Extrude below minimum temp' })
    const failing = await shop.market.add(makeGcode(5000))
    const report = await reported(shop, failing)
    assert.is((await shop.client.printStats()).state, 'cancelled')
    assert.equal([report.stats?.reason, report.error], ['error', 'Extrude below minimum temp'])
    const cancelled = await shop.market.add(makeGcode(20_000))
    await eventually('its lines run', () => cancelled.wasPrinting)
    await shop.client.call('printer.print.cancel')
    assert.is((await reported(shop, cancelled)).stats?.reason, 'cancelled')
  }))

test('a refusal of ours is an error with its text, and does not run on_error_gcode', () =>
  inWorkshop({ ...cancelling, autoStart: false }, async shop => {
    const job = await shop.market.add(makeGcode(500))
    const file = await eventually('the stub', async () => {
      const { job: inHand } = (await shop.client.agent('status')) as { job: { state: string; file: string } | null }
      return inHand?.state === 'ready' && inHand.file
    })
    await shop.client.call('printer.print.start', { filename: file })
    assert.is((await reported(shop, job)).status, 'success')
    await shop.client.call('printer.print.start', { filename: file })
    const stats = await eventually('the refusal', async () => {
      const told = await shop.client.printStats()
      return told.state !== 'printing' && told
    })
    assert.equal([stats.state, stats.message], ['error', 'LMNT: All prints of this purchase are used up.'])
  }))

test('a printer without the extra ends the job with its error, also where on_error_gcode cancels', () =>
  inWorkshop({ printer: { isExtraInstalled: false, cancelsOnError: true } }, async shop => {
    await shop.market.add(makeGcode(100))
    const report = await reported(shop)
    assert.is(report.stats?.reason, 'error')
    assert.match(report.error ?? '', "The value 'lmnt_stream' is not valid for HEATER")
  }))

test.run()
