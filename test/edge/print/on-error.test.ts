import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeGcode } from '../../make/edge/gcode.ts'
import { reported, withEdge } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a print whose printer has an on_error_gcode')

const cancelling = { printer: { linesPerSecond: 5000, cancelsOnError: true } }

test("an error that on_error_gcode answers by a cancel is reported as the printer's error", () =>
  withEdge(cancelling, async fixture => {
    await fixture.client.call('virtual_printer.fail', {
      line: 700,
      how: 'error',
      message: 'Extrude below minimum temp',
    })
    const failing = await fixture.market.add(makeGcode(5000))
    const report = await reported(fixture, failing)
    assert.is((await fixture.client.printStats()).state, 'cancelled')
    assert.equal([report.stats?.reason, report.error], ['error', 'Extrude below minimum temp'])
    const cancelled = await fixture.market.add(makeGcode(20_000))
    await eventually('lines run', () => cancelled.wasPrinting)
    await fixture.client.call('printer.print.cancel')
    assert.is((await reported(fixture, cancelled)).stats?.reason, 'cancelled')
  }))

test('a refusal of ours is an error with its text, and does not run on_error_gcode', () =>
  withEdge({ ...cancelling, autoStart: false }, async fixture => {
    const job = await fixture.market.add(makeGcode(500))
    const file = await eventually('the stub', async () => {
      const { job: current } = (await fixture.client.agent('status')) as { job: { state: string; file: string } | null }
      return current?.state === 'ready' && current.file
    })
    await fixture.client.call('printer.print.start', { filename: file })
    assert.is((await reported(fixture, job)).status, 'success')
    await fixture.client.call('printer.print.start', { filename: file })
    const stats = await eventually('the refusal', async () => {
      const told = await fixture.client.printStats()
      return told.state !== 'printing' && told
    })
    assert.equal([stats.state, stats.message], ['error', 'LMNT: All prints of this purchase are used up.'])
  }))

test('a printer without the extra ends the job with its error, also where on_error_gcode cancels', () =>
  withEdge({ printer: { isExtraInstalled: false, cancelsOnError: true } }, async fixture => {
    await fixture.market.add(makeGcode(100))
    const report = await reported(fixture)
    assert.is(report.stats?.reason, 'error')
    assert.match(report.error ?? '', "The value 'lmnt_stream' is not valid for HEATER")
  }))

test.run()
