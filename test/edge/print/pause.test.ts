import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { claimedJobResponse, progressResponse } from '../../../schema/http/print-jobs.ts'
import type { FakeJob } from '../../make/edge/fake-marketplace.ts'
import { type MadeGcode, makeGcode } from '../../make/edge/gcode.ts'
import { type EdgeFixture, makeEdgeFixture, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a print that is paused from the marketplace')

interface Print {
  fixture: EdgeFixture
  gcode: MadeGcode
  job: FakeJob
}

/** Slowly enough for a test to be done with it before its end. */
const slow = { moves: 20_000, linesPerSecond: 500, starvedPauseMs: 60_000 }
/** More than is on its way between the edge and Klipper, so that it stands still without the edge. */
const starving = { moves: 80_000, linesPerSecond: 5000, starvedPauseMs: 50 }

/** A test with a print that runs. */
function whilePrinting(name: string, { moves, ...printer }: typeof slow, work: (print: Print) => Promise<void>): void {
  test(name, async () => {
    const fixture = await makeEdgeFixture({ printer })
    try {
      const gcode = makeGcode(moves)
      const job = await fixture.market.add(gcode)
      await eventually('the print runs', () => job.wasPrinting)
      await work({ fixture, gcode, job })
    } finally {
      await fixture.close()
    }
  })
}

const inState = (fixture: EdgeFixture, state: string) =>
  eventually(`the print is ${state}`, async () => (await fixture.client.printStats()).state === state)

/** Waits until the edge has heard so often from the marketplace, and so has had the time to do something wrong. */
async function rounds(job: FakeJob, count = 5): Promise<void> {
  const before = job.progressReports.length
  await eventually('the edge hears of it', () => job.progressReports.length > before + count)
}

/** What the edge told the printer to do, as the console has it when there was nothing to do. */
const refusals = (fixture: EdgeFixture) => fixture.client.console.filter(line => /already paused|not paused/.test(line))

async function finished({ fixture, gcode, job }: Print): Promise<void> {
  await fixture.client.call('virtual_printer.set_speed', { lines_per_second: 1_000_000 })
  assert.is((await reported(fixture, job)).status, 'success')
  assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
  assert.equal(refusals(fixture), [])
}

whilePrinting('it stands still until the marketplace resumes it, and is whole', slow, async print => {
  const { fixture, job } = print
  for (let times = 0; times < 2; times++) {
    job.isPauseRequested = true
    await inState(fixture, 'paused')
    await rounds(job)
    job.isPauseRequested = false
    await inState(fixture, 'printing')
  }
  await finished(print)
})

whilePrinting(
  'a print that somebody resumed at the printer goes on, and can be paused by the next wish',
  slow,
  async print => {
    const { fixture, job } = print
    job.isPauseRequested = true
    await inState(fixture, 'paused')
    await rounds(job)
    await fixture.client.call('printer.print.resume')
    await inState(fixture, 'printing')
    await rounds(job)
    assert.is((await fixture.client.printStats()).state, 'printing')
    job.isPauseRequested = false
    await rounds(job)
    job.isPauseRequested = true
    await inState(fixture, 'paused')
    await rounds(job)
    job.isPauseRequested = false
    await inState(fixture, 'printing')
    await finished(print)
  },
)

whilePrinting('a print that somebody paused at the printer is resumed there, and nowhere else', slow, async print => {
  const { fixture, job } = print
  await fixture.client.call('printer.print.pause')
  await inState(fixture, 'paused')
  job.isPauseRequested = true
  await rounds(job)
  job.isPauseRequested = false
  await rounds(job)
  assert.is((await fixture.client.printStats()).state, 'paused')
  await fixture.client.call('printer.print.resume')
  await finished(print)
})

whilePrinting(
  'an edge that is started again knows whose pause it is, and does not pause a second time',
  slow,
  async print => {
    const { fixture, job } = print
    job.isPauseRequested = true
    await inState(fixture, 'paused')
    await rounds(job)
    await fixture.restartEdge()
    await rounds(job)
    assert.is((await fixture.client.printStats()).state, 'paused')
    await fixture.stopEdge()
    job.isPauseRequested = false
    await fixture.startEdge()
    await inState(fixture, 'printing')

    job.isPauseRequested = true
    await inState(fixture, 'paused')
    await rounds(job)
    await fixture.stopEdge()
    await fixture.client.call('printer.print.resume')
    await fixture.startEdge()
    await rounds(job)
    assert.is((await fixture.client.printStats()).state, 'printing', 'what people did meanwhile stands')
    await finished(print)
  },
)

whilePrinting(
  'a print that the extra has parked for want of lines is paused as soon as they are back',
  starving,
  async print => {
    const { fixture, job } = print
    await fixture.stopEdge()
    await inState(fixture, 'paused')
    job.isPauseRequested = true
    await fixture.startEdge()
    await eventually('the extra resumes it', () => fixture.market.opens === 2)
    await rounds(job)
    const lines = async () => (await fixture.client.lastRun())?.lines
    await eventually('the print stands still', async () => {
      const before = await lines()
      await rounds(job)
      return before === (await lines()) && (await fixture.client.printStats()).state === 'paused'
    })
    job.isPauseRequested = false
    await inState(fixture, 'printing')
    await finished(print)
  },
)

test('a print that has not begun stands still from its first lines on, and can be cancelled', async () => {
  const fixture = await makeEdgeFixture({ autoStart: false, printer: { linesPerSecond: 500 } })
  try {
    const job = await fixture.market.add(makeGcode(20_000))
    job.isPauseRequested = true
    await eventually('the edge has it', () => job.progressReports.length > 1)
    await eventually('the file can be started', async () => {
      const { job: shown } = (await fixture.client.agent('status')) as { job: { state: string } | null }
      return shown?.state === 'ready'
    })
    await fixture.client.agent('start_job')
    await inState(fixture, 'paused')
    await rounds(job)
    job.isCancelRequested = true
    const report = await reported(fixture, job)
    assert.is(report.stats?.reason, 'cancelled')
    assert.is((await fixture.client.printStats()).state, 'cancelled')
    assert.equal(refusals(fixture), [])
  } finally {
    await fixture.close()
  }
})

test('an older marketplace without pause wants no pause', () => {
  assert.is(progressResponse.parse({ status: 'printing', cancel_requested: false }).pause_requested, false)
  assert.is(claimedJobResponse.shape.pause_requested.parse(undefined), false)
})

test.run()
