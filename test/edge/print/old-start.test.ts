import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeGcode } from '../../make/edge/gcode.ts'
import { type EdgeFixture, makeEdgeFixture, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a start that is under way when the marketplace ends its job')

/** A job whose file prints, and comes to its last line, which asks for the job's lines, only when the printer is told to hurry. */
async function onItsWay(end: (fixture: EdgeFixture, expire: () => void) => Promise<void>): Promise<void> {
  const fixture = await makeEdgeFixture({ printer: { linesPerSecond: 2 } })
  try {
    fixture.market.rightsLeft = 1
    const job = await fixture.market.add(makeGcode(500))
    await eventually('the print runs', async () => (await fixture.client.printStats()).state === 'printing')
    await end(fixture, () => {
      job.status = 'expired'
    })
    const currentState = async () => {
      const { job: current } = (await fixture.client.agent('status')) as { job: { state: string } | null }
      return current?.state ?? 'none'
    }
    await eventually('the edge has heard of it', async () => ['none', 'ending'].includes(await currentState()))
    await fixture.client.call('virtual_printer.set_speed', { lines_per_second: 1_000_000 })

    const { filename, message } = await eventually('the print is refused', async () => {
      assert.is(fixture.market.jobs.length, 1, 'no other is ordered')
      const stats = await fixture.client.printStats()
      return stats.state === 'error' && stats
    })
    assert.match(message, 'This print job has ended')
    assert.equal(job.reports, [])

    await eventually('the edge is done with it', async () => (await currentState()) === 'none')
    await fixture.client.call('printer.print.start', { filename })
    const next = await eventually('who prints it again has another', () => fixture.market.jobs[1])
    assert.is((await reported(fixture, next)).status, 'success')
  } finally {
    await fixture.close()
  }
}

test('the start is refused, and uses no other right', () => onItsWay(async (_, expire) => expire()))

test('the start is refused also after a restart of the edge', () =>
  onItsWay(async (fixture, expire) => {
    await fixture.stopEdge()
    expire()
    await fixture.startEdge()
  }))

test.run()
