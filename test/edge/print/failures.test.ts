import { rmSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { spoolPath } from '../../../edge/print/gcode/spool-file.ts'
import { press, questionShown } from '../../make/edge/dialog.ts'
import { gcodeOf, makeGcode } from '../../make/edge/gcode.ts'
import { reported, untilLines, withEdge } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('what can go wrong with a print')

const slow = { printer: { linesPerSecond: 5000 } }

test('an interrupted download continues at the same byte', () =>
  withEdge({}, async fixture => {
    fixture.market.cutAfter = 10_000
    const gcode = makeGcode(20_000)
    await fixture.market.add(gcode)
    assert.is((await reported(fixture)).status, 'success')
    assert.ok(fixture.market.ranges.length >= 2)
    assert.match(fixture.market.ranges[1] ?? '', /^bytes=10000-/)
    assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
  }))

test('an altered container is refused before a line of it runs', () =>
  withEdge({}, async fixture => {
    const alter = (sealed: Buffer) => {
      sealed[sealed.length - 5000]! ^= 1
      return sealed
    }
    await fixture.market.add(makeGcode(20_000), { alter })
    const report = await reported(fixture)
    assert.is(report.status, 'failure')
    assert.is(report.stats?.reason, 'gcode_corrupt')
    assert.is(await fixture.client.lastRun(), null)
  }))

test('a download that is missing when its print starts is fetched again, and its key is opened once', () =>
  withEdge({ autoStart: false }, async fixture => {
    const job = await fixture.market.add(makeGcode(500))
    const dialog = await questionShown(fixture.client)
    rmSync(spoolPath(fixture.config.dataDir, job.claim.print_job_id))
    await press(fixture.client, dialog, 'Start')
    assert.is((await reported(fixture)).status, 'success')
    assert.is(fixture.market.opens, 1)
  }))

test('a download with the wrong hash is fetched again, and fails after three times', () =>
  withEdge({}, async fixture => {
    const alter = (sealed: Buffer) => {
      sealed[100]! ^= 1
      return sealed
    }
    await fixture.market.add(makeGcode(100), { alter, announced: true })
    assert.is((await reported(fixture)).stats?.reason, 'gcode_corrupt')
    assert.is(fixture.market.ranges.length, 3)
    assert.is(fixture.market.opens, 0)
  }))

test('a job with a command that this printer does not have is refused, with its name, its line number and what to do', () =>
  withEdge({}, async fixture => {
    await fixture.market.add(gcodeOf(['G28', 'G1 X1 Y1', 'START_PRINT BED=60', 'G1 X2']))
    const refused = await reported(fixture)
    assert.is(refused.stats?.reason, 'gcode_rejected')
    assert.is(
      refused.error,
      'The G-code cannot be printed, because of its line 3. This printer has no command START_PRINT. ' +
        'Add it to printer.cfg, or remove it from the G-code in the print profile and have the model prepared again.',
    )
  }))

test("an error of a line is reported with Klipper's own words", () =>
  withEdge({}, async fixture => {
    await fixture.client.call('virtual_printer.fail', {
      line: 700,
      how: 'error',
      message: 'Extrude below <minimum> temp',
    })
    await fixture.market.add(makeGcode(5000))
    const report = await reported(fixture)
    assert.is(report.status, 'failure')
    assert.is(report.stats?.reason, 'error')
    assert.is(report.error, 'Extrude below minimum temp')
    assert.is((await fixture.client.lastRun())?.lines, 699)
  }))

test('the next print succeeds after one that failed', () =>
  withEdge({}, async fixture => {
    await fixture.client.call('virtual_printer.fail', { line: 10, how: 'error' })
    const first = await fixture.market.add(makeGcode(500))
    assert.is((await reported(fixture, first)).status, 'failure')
    const second = await fixture.market.add(makeGcode(500))
    assert.is((await reported(fixture, second)).status, 'success')
  }))

test('print after print that fails at once is reported, each with its own error', () =>
  withEdge({ printer: { linesPerSecond: 100_000, statusIntervalMs: 250 } }, async fixture => {
    for (const message of ['Extrude below minimum temp', 'Move out of range', 'Move out of range', 'Probe triggered']) {
      await fixture.client.call('virtual_printer.fail', { line: 50, how: 'error', message })
      const job = await fixture.market.add(makeGcode(5000))
      const report = await reported(fixture, job)
      assert.equal([report.status, report.stats?.reason, report.error], ['failure', 'error', message])
    }
  }))

test('a cancel at the printer is a failure that says so, with how far the print was', () =>
  withEdge(slow, async fixture => {
    await fixture.market.add(makeGcode(20_000))
    await untilLines(fixture)
    await fixture.client.call('printer.print.cancel')
    const report = await reported(fixture)
    assert.is(report.status, 'failure')
    assert.is(report.stats?.reason, 'cancelled')
    assert.ok((report.stats?.progress ?? 0) > 0)
    assert.is((await fixture.client.printStats()).state, 'cancelled')
  }))

test('every report has the figures of print_stats and a reason, also of a print that never began', () =>
  withEdge(slow, async fixture => {
    const first = await fixture.market.add(makeGcode(20_000))
    await eventually('the edge has seen it run', () => (first.progressReports.at(-1)?.progress ?? 0) > 0)
    await fixture.client.call('printer.emergency_stop')
    const stopped = (await reported(fixture, first)).stats ?? {}
    assert.ok((stopped.total_duration_s ?? 0) > 0 && (stopped.filament_used_mm ?? 0) > 0 && (stopped.layers ?? 0) > 0)
    await fixture.client.call('printer.firmware_restart')
    const second = await fixture.market.add(makeGcode(500))
    const done = (await reported(fixture, second)).stats ?? {}
    assert.is(done.reason, 'complete')
    const alter = (sealed: Buffer) => sealed.fill(0, 100)
    const third = await fixture.market.add(makeGcode(500), { alter })
    const none = (await reported(fixture, third)).stats ?? {}
    assert.equal(none, {
      print_duration_s: 0,
      total_duration_s: 0,
      filament_used_mm: 0,
      layers: 0,
      lines: 0,
      progress: 0,
      reason: 'gcode_corrupt',
    })
  }))

test('a cancel at the marketplace ends the print at the printer', () =>
  withEdge(slow, async fixture => {
    const job = await fixture.market.add(makeGcode(20_000))
    await untilLines(fixture)
    job.isCancelRequested = true
    assert.is((await reported(fixture)).stats?.reason, 'cancelled')
    assert.is((await fixture.client.printStats()).state, 'cancelled')
  }))

test('a cancel at the marketplace before the print began ends the job', () =>
  withEdge({ autoStart: false }, async fixture => {
    const job = await fixture.market.add(makeGcode(100))
    await eventually('the job is claimed', () => job.status === 'claimed')
    job.isCancelRequested = true
    assert.is((await reported(fixture)).stats?.reason, 'cancelled')
    assert.is(await fixture.client.lastRun(), null)
  }))

test('a job whose key cannot be opened any more ends, and its right is returned', () =>
  withEdge({}, async fixture => {
    fixture.market.areOpeningsExhausted = true
    await fixture.market.add(makeGcode(100))
    const { status, error, stats } = await reported(fixture)
    assert.equal([status, stats?.reason], ['failure', 'openings_exhausted'])
    assert.match(error ?? '', 'opened its key too often')
    assert.is(await fixture.client.lastRun(), null)
  }))

test('a job that the marketplace ends before its print begins is removed without a report', () =>
  withEdge({ autoStart: false }, async fixture => {
    const job = await fixture.market.add(makeGcode(100))
    await eventually('the job is claimed', () => job.status === 'claimed')
    job.status = 'expired'
    await eventually('the job is gone', async () => (await fixture.client.agent('status')).job === null)
    assert.equal(job.reports, [])
  }))

test('pause and resume at the printer do not change the printed lines', () =>
  withEdge(slow, async fixture => {
    const gcode = makeGcode(8000)
    await fixture.market.add(gcode)
    for (const lines of [500, 2500]) {
      await untilLines(fixture, lines)
      await fixture.client.call('printer.print.pause')
      assert.is((await fixture.client.printStats()).state, 'paused')
      await fixture.client.call('printer.print.resume')
    }
    assert.is((await reported(fixture)).status, 'success')
    assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
  }))

test('a shutdown of Klipper is a failure with its reason', () =>
  withEdge(slow, async fixture => {
    await fixture.market.add(makeGcode(20_000))
    await untilLines(fixture)
    await fixture.client.call('printer.emergency_stop')
    const report = await reported(fixture)
    assert.is(report.stats?.reason, 'klippy_shutdown')
    assert.match(report.error ?? '', 'Shutdown due to webhooks request')
    await fixture.client.call('printer.firmware_restart')
    const next = await fixture.market.add(makeGcode(500))
    assert.is((await reported(fixture, next)).status, 'success')
  }))

test('a stop of Klipper in the middle of a print is a failure', () =>
  withEdge(slow, async fixture => {
    await fixture.client.call('virtual_printer.fail', { line: 1000, how: 'disconnect' })
    await fixture.market.add(makeGcode(20_000))
    assert.is((await reported(fixture)).stats?.reason, 'klippy_disconnect')
  }))

test('a printer without the extra ends the job with its error', () =>
  withEdge({ printer: { isExtraInstalled: false } }, async fixture => {
    await fixture.market.add(makeGcode(100))
    const report = await reported(fixture)
    assert.is(report.status, 'failure')
    assert.match(report.error ?? '', "The value 'lmnt_stream' is not valid for HEATER")
  }))

test.run()
