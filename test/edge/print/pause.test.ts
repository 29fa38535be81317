import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { claimedJobResponse, progressResponse } from '../../../schema/http/print-jobs.ts'
import type { FakeJob } from '../../make/edge/fake-marketplace.ts'
import { type MadeGcode, makeGcode } from '../../make/edge/gcode.ts'
import { makeWorkshop, reported, type Workshop } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a print that is paused from the marketplace')

interface Print {
  shop: Workshop
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
    const shop = await makeWorkshop({ printer })
    try {
      const gcode = makeGcode(moves)
      const job = await shop.market.add(gcode)
      await eventually('it runs', () => job.wasPrinting)
      await work({ shop, gcode, job })
    } finally {
      await shop.close()
    }
  })
}

const inState = (shop: Workshop, state: string) =>
  eventually(`the print is ${state}`, async () => (await shop.client.printStats()).state === state)

/** Waits until the edge has heard so often from the marketplace, and so has had the time to do something wrong. */
async function rounds(job: FakeJob, count = 5): Promise<void> {
  const before = job.told.length
  await eventually('the edge hears of it', () => job.told.length > before + count)
}

/** What the edge told the printer to do, as the console has it when there was nothing to do. */
const refusals = (shop: Workshop) => shop.client.console.filter(line => /already paused|not paused/.test(line))

async function finished({ shop, gcode, job }: Print): Promise<void> {
  await shop.client.call('virtual_printer.set_speed', { lines_per_second: 1_000_000 })
  assert.is((await reported(shop, job)).status, 'success')
  assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
  assert.equal(refusals(shop), [])
}

whilePrinting('it stands still until the marketplace resumes it, and is whole', slow, async print => {
  const { shop, job } = print
  for (let times = 0; times < 2; times++) {
    job.isPauseRequested = true
    await inState(shop, 'paused')
    await rounds(job)
    job.isPauseRequested = false
    await inState(shop, 'printing')
  }
  await finished(print)
})

whilePrinting(
  'a print that somebody resumed at the printer goes on, and can be paused by the next wish',
  slow,
  async print => {
    const { shop, job } = print
    job.isPauseRequested = true
    await inState(shop, 'paused')
    await rounds(job)
    await shop.client.call('printer.print.resume')
    await inState(shop, 'printing')
    await rounds(job)
    assert.is((await shop.client.printStats()).state, 'printing')
    job.isPauseRequested = false
    await rounds(job)
    job.isPauseRequested = true
    await inState(shop, 'paused')
    await rounds(job)
    job.isPauseRequested = false
    await inState(shop, 'printing')
    await finished(print)
  },
)

whilePrinting('a print that somebody paused at the printer is resumed there, and nowhere else', slow, async print => {
  const { shop, job } = print
  await shop.client.call('printer.print.pause')
  await inState(shop, 'paused')
  job.isPauseRequested = true
  await rounds(job)
  job.isPauseRequested = false
  await rounds(job)
  assert.is((await shop.client.printStats()).state, 'paused')
  await shop.client.call('printer.print.resume')
  await finished(print)
})

whilePrinting(
  'an edge that is started again knows whose pause it is, and does not pause a second time',
  slow,
  async print => {
    const { shop, job } = print
    job.isPauseRequested = true
    await inState(shop, 'paused')
    await rounds(job)
    await shop.restartEdge()
    await rounds(job)
    assert.is((await shop.client.printStats()).state, 'paused')
    await shop.stopEdge()
    job.isPauseRequested = false
    await shop.startEdge()
    await inState(shop, 'printing')

    job.isPauseRequested = true
    await inState(shop, 'paused')
    await rounds(job)
    await shop.stopEdge()
    await shop.client.call('printer.print.resume')
    await shop.startEdge()
    await rounds(job)
    assert.is((await shop.client.printStats()).state, 'printing', 'what people did meanwhile stands')
    await finished(print)
  },
)

whilePrinting(
  'a print that the extra has parked for want of lines is paused as soon as they are back',
  starving,
  async print => {
    const { shop, job } = print
    await shop.stopEdge()
    await inState(shop, 'paused')
    job.isPauseRequested = true
    await shop.startEdge()
    await eventually('the extra resumes it', () => shop.market.opens === 2)
    await rounds(job)
    const lines = async () => (await shop.client.lastRun())?.lines
    await eventually('it stands still', async () => {
      const before = await lines()
      await rounds(job)
      return before === (await lines()) && (await shop.client.printStats()).state === 'paused'
    })
    job.isPauseRequested = false
    await inState(shop, 'printing')
    await finished(print)
  },
)

test('one that is not begun yet stands still from its first lines on; a cancel ends it all the same', async () => {
  const shop = await makeWorkshop({ autoStart: false, printer: { linesPerSecond: 500 } })
  try {
    const job = await shop.market.add(makeGcode(20_000))
    job.isPauseRequested = true
    await eventually('the edge has it', () => job.told.length > 1)
    await eventually('it can be started', async () => {
      const { job: shown } = (await shop.client.agent('status')) as { job: { state: string } | null }
      return shown?.state === 'ready'
    })
    await shop.client.agent('start_job')
    await inState(shop, 'paused')
    await rounds(job)
    job.isCancelRequested = true
    const report = await reported(shop, job)
    assert.is(report.stats?.reason, 'cancelled')
    assert.is((await shop.client.printStats()).state, 'cancelled')
    assert.equal(refusals(shop), [])
  } finally {
    await shop.close()
  }
})

test('a marketplace that knows of no pause wants none', () => {
  assert.is(progressResponse.parse({ status: 'printing', cancel_requested: false }).pause_requested, false)
  assert.is(claimedJobResponse.shape.pause_requested.parse(undefined), false)
})

test.run()
