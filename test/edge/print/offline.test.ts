import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeGcode } from '../../make/edge/gcode.ts'
import { makeWorkshop, reported, type Workshop } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a marketplace that is away, and a clock that jumps')

interface Shown {
  state: string
  file: string | null
  problem: string | null
}

async function jobOf(shop: Workshop) {
  return ((await shop.client.agent('status')) as { job: Shown | null }).job
}

test('a print whose key was had runs to its end without the marketplace, and is reported later', async () => {
  const shop = await makeWorkshop({ printer: { linesPerSecond: 10_000 } })
  try {
    const gcode = makeGcode(12_000)
    const job = await shop.market.add(gcode)
    await eventually('it runs', () => (job.told.at(-1)?.progress ?? 0) > 0)
    shop.market.isDown = true
    await eventually('it is complete', async () => (await shop.client.printStats()).state === 'complete')
    assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
    assert.equal(job.reports, [])
    shop.market.isDown = false
    assert.is((await reported(shop)).status, 'success')
  } finally {
    await shop.close()
  }
})

test('a print that is started without its key waits, says why at the printer, and goes on by itself', async () => {
  const shop = await makeWorkshop({ autoStart: false })
  try {
    const gcode = makeGcode(2000)
    await shop.market.add(gcode)
    const filename = await eventually('the job is ready', async () => {
      const job = await jobOf(shop)
      return job?.state === 'ready' && job.file
    })
    shop.market.isDown = true
    await shop.client.call('printer.print.start', { filename })
    const isSaid = (text: string) => text.includes('The marketplace cannot be reached') || text.includes('key service')
    await eventually('it says why', () => shop.client.console.some(isSaid))
    assert.ok(isSaid((await jobOf(shop))?.problem ?? ''))
    shop.market.isDown = false
    assert.is((await reported(shop)).status, 'success')
    assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
  } finally {
    await shop.close()
  }
})

test('an edge that is started again in the middle, without the marketplace, holds the print and says why', async () => {
  const shop = await makeWorkshop({ printer: { linesPerSecond: 20_000, starvedPauseMs: 60_000 } })
  try {
    const gcode = makeGcode(40_000)
    const job = await shop.market.add(gcode)
    await eventually('it runs', () => (job.told.at(-1)?.progress ?? 0) > 0)
    await shop.stopEdge()
    shop.market.isDown = true
    await shop.startEdge()
    await eventually('it says why', async () => (await jobOf(shop))?.problem?.includes('cannot be reached'))
    assert.is((await shop.client.printStats()).state, 'printing')
    shop.market.isDown = false
    assert.is((await reported(shop)).status, 'success')
    assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
  } finally {
    await shop.close()
  }
})

test('a clock that jumps by years to and fro changes nothing', async () => {
  const year = 365 * 24 * 3600_000
  let looks = 0
  const clock = () => Date.now() + ((looks++ % 3) - 1) * 10 * year
  const shop = await makeWorkshop({ clock })
  try {
    const gcode = makeGcode(5000)
    for (let print = 0; print < 2; print++) {
      const job = await shop.market.add(gcode)
      assert.is((await reported(shop, job)).status, 'success')
      assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
      assert.is(job.reports.length, 1)
    }
  } finally {
    await shop.close()
  }
})

test.run()
