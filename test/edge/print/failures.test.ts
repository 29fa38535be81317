import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../../schema/http/errors.ts'
import { gcodeOf, makeGcode } from '../../make/edge/gcode.ts'
import { makeWorkshop, reported, type Workshop } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('what can go wrong with a print')

async function inWorkshop(options: Parameters<typeof makeWorkshop>[0], body: (shop: Workshop) => Promise<void>) {
  const workshop = await makeWorkshop(options)
  try {
    await body(workshop)
  } finally {
    await workshop.close()
  }
}

const slow = { printer: { linesPerSecond: 5000 } }

async function running(shop: Workshop, lines = 500): Promise<void> {
  await eventually('lines run', async () => {
    const run = await shop.client.lastRun()
    return run?.job && run.lines > lines
  })
}

test('a download that is cut goes on at the byte', () =>
  inWorkshop({}, async shop => {
    shop.market.cutAfter = 10_000
    const gcode = makeGcode(20_000)
    await shop.market.add(gcode)
    assert.is((await reported(shop)).status, 'success')
    assert.ok(shop.market.ranges.length >= 2)
    assert.match(shop.market.ranges[1] ?? '', /^bytes=10000-/)
    assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
  }))

test('an altered container is refused before a line of it runs', () =>
  inWorkshop({}, async shop => {
    const alter = (sealed: Buffer) => {
      sealed[sealed.length - 5000]! ^= 1
      return sealed
    }
    await shop.market.add(makeGcode(20_000), { alter })
    const report = await reported(shop)
    assert.is(report.status, 'failure')
    assert.is(report.stats?.reason, 'gcode_corrupt')
    assert.is(await shop.client.lastRun(), null)
  }))

test('a download that is not what was announced is fetched again, then given up', () =>
  inWorkshop({}, async shop => {
    const alter = (sealed: Buffer) => {
      sealed[100]! ^= 1
      return sealed
    }
    await shop.market.add(makeGcode(100), { alter, announced: true })
    assert.is((await reported(shop)).stats?.reason, 'gcode_corrupt')
    assert.is(shop.market.ranges.length, 3)
    assert.is(shop.market.opens, 0)
  }))

test('a job with a command that this printer does not have is refused, with its name, its line number and what to do', () =>
  inWorkshop({}, async shop => {
    await shop.market.add(gcodeOf(['G28', 'G1 X1 Y1', 'START_PRINT BED=60', 'G1 X2']))
    const refused = await reported(shop)
    assert.is(refused.stats?.reason, 'gcode_rejected')
    assert.is(
      refused.error,
      'The G-code cannot be printed, because of its line 3. This printer has no command START_PRINT. ' +
        'Add it to printer.cfg, or remove it from the G-code in the print profile and have the model prepared again.',
    )
  }))

test("an error of a line is reported with Klipper's own words", () =>
  inWorkshop({}, async shop => {
    await shop.client.call('virtual_printer.fail', { line: 700, how: 'error', message: 'Extrude below <minimum> temp' })
    await shop.market.add(makeGcode(5000))
    const report = await reported(shop)
    assert.is(report.status, 'failure')
    assert.is(report.stats?.reason, 'error')
    assert.is(report.error, 'Extrude below minimum temp')
    assert.is((await shop.client.lastRun())?.lines, 699)
  }))

test('the next print succeeds after one that failed', () =>
  inWorkshop({}, async shop => {
    await shop.client.call('virtual_printer.fail', { line: 10, how: 'error' })
    const first = await shop.market.add(makeGcode(500))
    assert.is((await reported(shop, first)).status, 'failure')
    const second = await shop.market.add(makeGcode(500))
    assert.is((await reported(shop, second)).status, 'success')
  }))

test('print after print that fails at once is reported, each with its own error', () =>
  inWorkshop({ printer: { linesPerSecond: 100_000, statusIntervalMs: 250 } }, async shop => {
    for (const message of ['Extrude below minimum temp', 'Move out of range', 'Move out of range', 'Probe triggered']) {
      await shop.client.call('virtual_printer.fail', { line: 50, how: 'error', message })
      const job = await shop.market.add(makeGcode(5000))
      const report = await reported(shop, job)
      assert.equal([report.status, report.stats?.reason, report.error], ['failure', 'error', message])
    }
  }))

test('a cancel at the printer is a failure that says so, with how far the print was', () =>
  inWorkshop(slow, async shop => {
    await shop.market.add(makeGcode(20_000))
    await running(shop)
    await shop.client.call('printer.print.cancel')
    const report = await reported(shop)
    assert.is(report.status, 'failure')
    assert.is(report.stats?.reason, 'cancelled')
    assert.ok((report.stats?.progress ?? 0) > 0)
    assert.is((await shop.client.printStats()).state, 'cancelled')
  }))

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
    await running(shop, lastPrinting + 100)
    await shop.stopEdge()
    await shop.restartPrinter()
    await shop.startEdge()
    const report = await reported(shop, job)
    assert.equal([report.status, report.stats?.reason], ['success', 'host_restarted_at_end'])
  }))

test('every report has the figures of print_stats and a reason, also of a print that never began', () =>
  inWorkshop(slow, async shop => {
    const first = await shop.market.add(makeGcode(20_000))
    await eventually('the edge has seen it run', () => (first.told.at(-1)?.progress ?? 0) > 0)
    await shop.client.call('printer.emergency_stop')
    const stopped = (await reported(shop, first)).stats ?? {}
    assert.ok((stopped.total_duration_s ?? 0) > 0 && (stopped.filament_used_mm ?? 0) > 0 && (stopped.layers ?? 0) > 0)
    await shop.client.call('printer.firmware_restart')
    const second = await shop.market.add(makeGcode(500))
    const done = (await reported(shop, second)).stats ?? {}
    assert.is(done.reason, 'complete')
    const alter = (sealed: Buffer) => sealed.fill(0, 100)
    const third = await shop.market.add(makeGcode(500), { alter })
    const none = (await reported(shop, third)).stats ?? {}
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
  inWorkshop(slow, async shop => {
    const job = await shop.market.add(makeGcode(20_000))
    await running(shop)
    job.isCancelRequested = true
    assert.is((await reported(shop)).stats?.reason, 'cancelled')
    assert.is((await shop.client.printStats()).state, 'cancelled')
  }))

test('a cancel at the marketplace before the print began ends the job', () =>
  inWorkshop({ autoStart: false }, async shop => {
    const job = await shop.market.add(makeGcode(100))
    await eventually('the job is claimed', () => job.status === 'claimed')
    job.isCancelRequested = true
    assert.is((await reported(shop)).stats?.reason, 'cancelled')
    assert.is(await shop.client.lastRun(), null)
  }))

test('a job that the marketplace has ended before the print began is put away without a report', () =>
  inWorkshop({ autoStart: false }, async shop => {
    const job = await shop.market.add(makeGcode(100))
    await eventually('the job is claimed', () => job.status === 'claimed')
    job.status = 'expired'
    await eventually('the job is gone', async () => (await shop.client.agent('status')).job === null)
    assert.equal(job.reports, [])
  }))

test('pause and resume at the printer change nothing of what is printed', () =>
  inWorkshop(slow, async shop => {
    const gcode = makeGcode(8000)
    await shop.market.add(gcode)
    for (const lines of [500, 2500]) {
      await running(shop, lines)
      await shop.client.call('printer.print.pause')
      assert.is((await shop.client.printStats()).state, 'paused')
      await shop.client.call('printer.print.resume')
    }
    assert.is((await reported(shop)).status, 'success')
    assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
  }))

test('a shutdown of Klipper is a failure with its reason', () =>
  inWorkshop(slow, async shop => {
    await shop.market.add(makeGcode(20_000))
    await running(shop)
    await shop.client.call('printer.emergency_stop')
    const report = await reported(shop)
    assert.is(report.stats?.reason, 'klippy_shutdown')
    assert.match(report.error ?? '', 'Shutdown due to webhooks request')
    await shop.client.call('printer.firmware_restart')
    const next = await shop.market.add(makeGcode(500))
    assert.is((await reported(shop, next)).status, 'success')
  }))

test('Klipper going away in the middle of a print is a failure', () =>
  inWorkshop(slow, async shop => {
    await shop.client.call('virtual_printer.fail', { line: 1000, how: 'disconnect' })
    await shop.market.add(makeGcode(20_000))
    assert.is((await reported(shop)).stats?.reason, 'klippy_disconnect')
  }))

test('a print that ends while the marketplace is away is reported when it is back', () =>
  inWorkshop(slow, async shop => {
    const job = await shop.market.add(makeGcode(3000))
    await running(shop)
    shop.market.isDown = true
    await eventually('the report waits', async () => {
      const { reports } = (await shop.client.agent('status')) as { reports: { state: string }[] }
      return reports[0]?.state === 'waiting'
    })
    await shop.restartEdge()
    assert.equal(job.reports, [])
    shop.market.isDown = false
    assert.is((await reported(shop)).status, 'success')
    await eventually('the outbox is empty', () => readdirSync(join(shop.config.dataDir, 'outbox')).length === 0)
    assert.is(job.reports.length, 1)
  }))

test('a report that the marketplace refuses is kept and shown', () =>
  inWorkshop({}, async shop => {
    shop.market.refuseReports = [new AppError('outcome_conflict', 'It was already reported as failure.')]
    const job = await shop.market.add(makeGcode(100))
    const shown = await eventually('the refusal', async () => {
      const { reports } = (await shop.client.agent('status')) as { reports: { state: string }[] }
      return reports[0]?.state === 'refused' && reports[0]
    })
    assert.equal(shown, {
      print_job_id: job.claim.print_job_id,
      status: 'success',
      state: 'refused',
      problem: { code: 'outcome_conflict', message: 'It was already reported as failure.' },
    })
    await shop.restartEdge()
    const [name = ''] = readdirSync(join(shop.config.dataDir, 'outbox'))
    assert.match(readFileSync(join(shop.config.dataDir, 'outbox', name), 'utf8'), 'outcome_conflict')
  }))

test('while the marketplace does not understand a report, status says why no other job comes; then the next is printed', () =>
  inWorkshop({}, async shop => {
    const refusal = new AppError('bad_request', 'The request cannot be read.')
    shop.market.refuseReports = [refusal]
    await shop.market.add(makeGcode(100))
    const next = await shop.market.add(makeGcode(100))
    const problem = await eventually('the problem', async () => {
      const { marketplace } = (await shop.client.agent('status')) as { marketplace: { problem: string | null } }
      return marketplace.problem?.includes(refusal.message) && marketplace.problem
    })
    assert.match(problem, "Update the printer's LMNT service")
    assert.equal(next.status, 'queued')
    await shop.restartEdge()
    assert.is((await reported(shop, next)).status, 'success')
    await eventually('the problem is gone', async () => {
      const { marketplace } = (await shop.client.agent('status')) as { marketplace: { problem: string | null } }
      return marketplace.problem === null
    })
  }))

test('a printer without the extra ends the job with its error', () =>
  inWorkshop({ printer: { isExtraInstalled: false } }, async shop => {
    await shop.market.add(makeGcode(100))
    const report = await reported(shop)
    assert.is(report.status, 'failure')
    assert.match(report.error ?? '', "The value 'lmnt_stream' is not valid for HEATER")
  }))

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
