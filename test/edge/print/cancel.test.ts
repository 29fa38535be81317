import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeGcode } from '../../make/edge/gcode.ts'
import { makeWorkshop, reported, type Workshop, type WorkshopOptions } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a cancelled job')

function it(name: string, options: WorkshopOptions, check: (shop: Workshop) => Promise<void>): void {
  test(name, async () => {
    const shop = await makeWorkshop(options)
    try {
      await check(shop)
    } finally {
      await shop.close()
    }
  })
}

async function untilPrinting({ client }: Workshop): Promise<void> {
  await eventually('the printer prints', async () => (await client.printStats()).state === 'printing')
}

// Nobody has asked for the lines while the file's own few lines take their time.
it('is not printed after all when it was started, and has not begun', {
  printer: { linesPerSecond: 5 },
}, async shop => {
  shop.market.rightsLeft = 1
  const job = await shop.market.add(makeGcode(500))
  await untilPrinting(shop)
  job.isCancelRequested = true
  assert.is((await reported(shop)).stats?.reason, 'cancelled')
  assert.is((await shop.client.printStats()).state, 'cancelled')
  assert.is(shop.market.jobs.length, 1)
  assert.not.ok(job.wasPrinting)
})

it('stays cancelled when the edge is started again before the printer has heard of it', {
  printer: { linesPerSecond: 2 },
  timing: { unknownMs: 60_000 },
}, async shop => {
  const job = await shop.market.add(makeGcode(500))
  await untilPrinting(shop)
  await shop.printer.close()
  assert.equal(await shop.edge.call('cancel_job'), { status: 'cancelling', print_job_id: job.claim.print_job_id })
  await shop.stopEdge()
  await shop.restartPrinter()
  await shop.startEdge()
  assert.is((await reported(shop)).stats?.reason, 'cancelled')
  assert.not.ok(job.wasPrinting)
})

it('ends although its start may wait in a Klippy that does not come back', {
  printer: { linesPerSecond: 2, restartMs: 3_600_000 },
}, async shop => {
  await shop.market.add(makeGcode(500))
  await untilPrinting(shop)
  await shop.client.call('printer.firmware_restart')
  const klippy = async () => ((await shop.client.agent('status')).printer as { klippy: string }).klippy
  await eventually('the edge knows', async () => (await klippy()) !== 'ready')
  assert.is((await shop.client.agent('cancel_job')).status, 'cancelling')
  const { status, stats } = await reported(shop)
  assert.equal([status, stats?.reason], ['failure', 'cancelled'])
})

it('takes nothing from a print by hand that has its place', { printer: { linesPerSecond: 500 } }, async shop => {
  const job = await shop.market.add(makeGcode(20_000))
  await eventually('lines run', async () => ((await shop.client.lastRun())?.lines ?? 0) > 100)
  await eventually('the edge knows the print', () => job.wasPrinting)
  shop.market.isDown = true
  await shop.stopEdge()
  await shop.restartPrinter()
  await shop.startEdge()
  writeFileSync(join(shop.printer.gcodesDir, 'own.gcode'), makeGcode(20_000).text)
  await shop.client.call('printer.print.start', { filename: 'own.gcode' })
  assert.is((await shop.client.agent('cancel_job')).status, 'cancelling')
  shop.market.isDown = false
  assert.is((await reported(shop)).stats?.reason, 'host_restarted')
  const { state, filename } = await shop.client.printStats()
  assert.equal([state, filename], ['printing', 'own.gcode'])
})

it('that was ordered by a print which is cancelled meanwhile ends, and starts nothing', {}, async shop => {
  let answer: (() => void) | undefined
  shop.market.rightsLeft = 1
  shop.market.beforeOrder = () =>
    new Promise<void>(resolve => {
      answer = resolve
    })
  await shop.market.prepare(makeGcode(500))
  const filename = 'LMNT/Gear.gcode'
  await eventually('its file is there', () =>
    shop.client.call('server.files.metadata', { filename }).then(
      () => true,
      () => false,
    ),
  )
  await shop.client.call('printer.print.start', { filename })
  const goOn = await eventually('a job is ordered', () => answer)
  await shop.client.call('printer.print.cancel')
  await eventually('it has ended', async () => (await shop.client.printStats()).state === 'cancelled')
  goOn()
  const job = await eventually('the job', () => shop.market.jobs[0])
  assert.is((await reported(shop, job)).stats?.reason, 'cancelled')
  assert.not.ok(job.wasPrinting)
  assert.is(shop.market.opens, 0)
})

test.run()
