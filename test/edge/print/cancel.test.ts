import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeGcode } from '../../make/edge/gcode.ts'
import { type EdgeFixture, type EdgeFixtureOptions, makeEdgeFixture, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a cancelled job')

function it(name: string, options: EdgeFixtureOptions, check: (fixture: EdgeFixture) => Promise<void>): void {
  test(name, async () => {
    const fixture = await makeEdgeFixture(options)
    try {
      await check(fixture)
    } finally {
      await fixture.close()
    }
  })
}

async function untilPrinting({ client }: EdgeFixture): Promise<void> {
  await eventually('the printer prints', async () => (await client.printStats()).state === 'printing')
}

// Nobody has asked for the lines while the file's own few lines take their time.
it('is not printed when its start was sent and has not run', {
  printer: { linesPerSecond: 5 },
}, async fixture => {
  fixture.market.rightsLeft = 1
  const job = await fixture.market.add(makeGcode(500))
  await untilPrinting(fixture)
  job.isCancelRequested = true
  assert.is((await reported(fixture)).stats?.reason, 'cancelled')
  assert.is((await fixture.client.printStats()).state, 'cancelled')
  assert.is(fixture.market.jobs.length, 1)
  assert.not.ok(job.wasPrinting)
})

it('stays cancelled when the edge restarts before the cancel reaches the printer', {
  printer: { linesPerSecond: 2 },
  timing: { unknownMs: 60_000 },
}, async fixture => {
  const job = await fixture.market.add(makeGcode(500))
  await untilPrinting(fixture)
  await fixture.printer.close()
  assert.equal(await fixture.edge.call('cancel_job'), { status: 'cancelling', print_job_id: job.claim.print_job_id })
  await fixture.stopEdge()
  await fixture.restartPrinter()
  await fixture.startEdge()
  assert.is((await reported(fixture)).stats?.reason, 'cancelled')
  assert.not.ok(job.wasPrinting)
})

it('ends although its start may wait in a Klippy that does not come back', {
  printer: { linesPerSecond: 2, restartMs: 3_600_000 },
}, async fixture => {
  await fixture.market.add(makeGcode(500))
  await untilPrinting(fixture)
  await fixture.client.call('printer.firmware_restart')
  const klippy = async () => ((await fixture.client.agent('status')).printer as { klippy: string }).klippy
  await eventually('the edge knows', async () => (await klippy()) !== 'ready')
  assert.is((await fixture.client.agent('cancel_job')).status, 'cancelling')
  const { status, stats } = await reported(fixture)
  assert.equal([status, stats?.reason], ['failure', 'cancelled'])
})

it('does not cancel a print by hand that runs instead', { printer: { linesPerSecond: 500 } }, async fixture => {
  const job = await fixture.market.add(makeGcode(20_000))
  await eventually('lines run', async () => ((await fixture.client.lastRun())?.lines ?? 0) > 100)
  await eventually('the edge knows the print', () => job.wasPrinting)
  fixture.market.isDown = true
  await fixture.stopEdge()
  await fixture.restartPrinter()
  await fixture.startEdge()
  writeFileSync(join(fixture.printer.gcodesDir, 'own.gcode'), makeGcode(20_000).text)
  await fixture.client.call('printer.print.start', { filename: 'own.gcode' })
  assert.is((await fixture.client.agent('cancel_job')).status, 'cancelling')
  fixture.market.isDown = false
  assert.is((await reported(fixture)).stats?.reason, 'host_restarted')
  const { state, filename } = await fixture.client.printStats()
  assert.equal([state, filename], ['printing', 'own.gcode'])
})

it('ends without a print when the print that ordered it is cancelled', {}, async fixture => {
  let answer: (() => void) | undefined
  fixture.market.rightsLeft = 1
  fixture.market.beforeOrder = () =>
    new Promise<void>(resolve => {
      answer = resolve
    })
  await fixture.market.prepare(makeGcode(500))
  const filename = 'LMNT/Gear.gcode'
  await eventually('the stub is there', () =>
    fixture.client.call('server.files.metadata', { filename }).then(
      () => true,
      () => false,
    ),
  )
  await fixture.client.call('printer.print.start', { filename })
  const advance = await eventually('a job is ordered', () => answer)
  await fixture.client.call('printer.print.cancel')
  await eventually('the print has ended', async () => (await fixture.client.printStats()).state === 'cancelled')
  advance()
  const job = await eventually('the job', () => fixture.market.jobs[0])
  assert.is((await reported(fixture, job)).stats?.reason, 'cancelled')
  assert.not.ok(job.wasPrinting)
  assert.is(fixture.market.opens, 0)
})

test.run()
