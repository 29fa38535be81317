import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeGcode } from '../../make/edge/gcode.ts'
import { type EdgeFixture, makeEdgeFixture, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('an unreachable marketplace, and a clock that jumps')

interface Shown {
  state: string
  file: string | null
  problem: string | null
}

async function jobOf(fixture: EdgeFixture) {
  return ((await fixture.client.agent('status')) as { job: Shown | null }).job
}

test('a print whose key is open runs to its end without the marketplace, and is reported later', async () => {
  const fixture = await makeEdgeFixture({ printer: { linesPerSecond: 10_000 } })
  try {
    const gcode = makeGcode(12_000)
    const job = await fixture.market.add(gcode)
    await eventually('the print runs', () => (job.progressReports.at(-1)?.progress ?? 0) > 0)
    fixture.market.isDown = true
    await eventually('the print is complete', async () => (await fixture.client.printStats()).state === 'complete')
    assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
    assert.equal(job.reports, [])
    fixture.market.isDown = false
    assert.is((await reported(fixture)).status, 'success')
  } finally {
    await fixture.close()
  }
})

test('a print without its key waits, says why at the printer, and goes on by itself', async () => {
  const fixture = await makeEdgeFixture({ autoStart: false })
  try {
    const gcode = makeGcode(2000)
    await fixture.market.add(gcode)
    const filename = await eventually('the job is ready', async () => {
      const job = await jobOf(fixture)
      return job?.state === 'ready' && job.file
    })
    fixture.market.isDown = true
    await fixture.client.call('printer.print.start', { filename })
    const isSaid = (text: string) =>
      /The (marketplace, which has the key of this print,|key service of the marketplace) cannot/.test(text)
    await eventually('the reason is shown', () => fixture.client.console.some(isSaid))
    assert.ok(isSaid((await jobOf(fixture))?.problem ?? ''))
    fixture.market.isDown = false
    assert.is((await reported(fixture)).status, 'success')
    assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
  } finally {
    await fixture.close()
  }
})

test('an edge that restarts in the middle of a print, without the marketplace, holds the print and says why', async () => {
  const fixture = await makeEdgeFixture({ printer: { linesPerSecond: 20_000, starvedPauseMs: 60_000 } })
  try {
    const gcode = makeGcode(40_000)
    const job = await fixture.market.add(gcode)
    await eventually('the print runs', () => (job.progressReports.at(-1)?.progress ?? 0) > 0)
    await fixture.stopEdge()
    fixture.market.isDown = true
    await fixture.startEdge()
    await eventually('the reason is shown', async () => (await jobOf(fixture))?.problem?.includes('cannot be reached'))
    assert.is((await fixture.client.printStats()).state, 'printing')
    fixture.market.isDown = false
    assert.is((await reported(fixture)).status, 'success')
    assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
  } finally {
    await fixture.close()
  }
})

test('a clock that jumps back and forth by years changes nothing', async () => {
  const year = 365 * 24 * 3600_000
  let looks = 0
  const clock = () => Date.now() + ((looks++ % 3) - 1) * 10 * year
  const fixture = await makeEdgeFixture({ clock })
  try {
    const gcode = makeGcode(5000)
    for (let print = 0; print < 2; print++) {
      const job = await fixture.market.add(gcode)
      assert.is((await reported(fixture, job)).status, 'success')
      assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
      assert.is(job.reports.length, 1)
    }
  } finally {
    await fixture.close()
  }
})

test.run()
