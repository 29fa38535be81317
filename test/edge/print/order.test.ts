import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { questionShown } from '../../make/edge/dialog.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { type EdgeFixture, makeEdgeFixture, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a job that is ordered by a print at the printer')

const filename = 'LMNT/Gear.gcode'
const gcode = makeGcode(500)

/** A printer that starts by itself what arrives, with a file in its list that has no job. */
async function it(name: string, work: (fixture: EdgeFixture) => Promise<void>): Promise<void> {
  test(name, async () => {
    const fixture = await makeEdgeFixture()
    try {
      fixture.market.rightsLeft = 5
      await fixture.market.prepare(gcode)
      await eventually('the stub is there', () =>
        fixture.client.call('server.files.metadata', { filename }).then(
          () => true,
          () => false,
        ),
      )
      await work(fixture)
    } finally {
      await fixture.close()
    }
  })
}

const print = ({ client }: EdgeFixture) => client.call('printer.print.start', { filename })

function ends(fixture: EdgeFixture, as: string) {
  return eventually(`the print ends as ${as}`, async () => (await fixture.client.printStats()).state === as)
}

/** Holds up the next order at the marketplace, until the function that is given is called. */
async function heldUp({ market }: EdgeFixture): Promise<() => void> {
  let advance: (() => void) | undefined
  market.beforeOrder = () =>
    new Promise<void>(resolve => {
      advance = resolve
    })
  return eventually('a job is ordered', () => advance)
}

/** The one job that was ordered: printed by nobody, until somebody prints the file again. */
async function waitsForSomebody(fixture: EdgeFixture): Promise<void> {
  const job = await eventually('the job', () => fixture.market.jobs[0])
  await questionShown(fixture.client)
  assert.not.ok(job.wasPrinting)
  await print(fixture)
  assert.is((await reported(fixture, job)).status, 'success')
  assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
  assert.is(fixture.market.jobs.length, 1, 'no other was ordered')
}

async function isPrintedByThatPrint(fixture: EdgeFixture): Promise<void> {
  const job = await eventually('the job', () => fixture.market.jobs[0])
  assert.is((await reported(fixture, job)).status, 'success')
  assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
  assert.is(fixture.market.jobs.length, 1, 'no other was ordered')
  const { jobs } = (await fixture.client.call('server.history.list', {})) as { jobs: unknown[] }
  assert.is(jobs.length, 1, 'one print')
}

it('is printed by that print, also when the first answer is lost', async fixture => {
  fixture.market.afterOrder = async () => fixture.market.orders.length > 1
  await print(fixture)
  await isPrintedByThatPrint(fixture)
})

it('is printed by that print, also when the job comes before the answer', async fixture => {
  fixture.market.afterOrder = () =>
    eventually('the edge has it', async () => (await fixture.client.agent('status')).job !== null)
  await print(fixture)
  await isPrintedByThatPrint(fixture)
})

it('ends when that print is cancelled, also when the job comes before the answer', async fixture => {
  fixture.market.afterOrder = async () => {
    await eventually('the edge has it', async () => (await fixture.client.agent('status')).job !== null)
    await fixture.client.call('printer.print.cancel')
    return ends(fixture, 'cancelled')
  }
  await print(fixture)
  const job = await eventually('the job', () => fixture.market.jobs[0])
  assert.is((await reported(fixture, job)).stats?.reason, 'cancelled')
  assert.not.ok(job.wasPrinting)
})

it('does not start by itself when the print has failed for want of an answer', async fixture => {
  fixture.market.afterOrder = async () => false
  await print(fixture)
  await ends(fixture, 'error')
  await waitsForSomebody(fixture)
})

it('is printed by that print also after a restart of the edge, which asks a second time', async fixture => {
  const order = heldUp(fixture)
  await print(fixture)
  const advance = await order
  await fixture.restartEdge()
  await eventually('the edge asks again', () => fixture.market.orders.length > 1)
  advance()
  await isPrintedByThatPrint(fixture)
})

it('does not start by itself when the edge and the print have ended', async fixture => {
  const order = heldUp(fixture)
  await print(fixture)
  const advance = await order
  await fixture.stopEdge()
  await fixture.client.call('printer.print.cancel')
  advance()
  await fixture.startEdge()
  await waitsForSomebody(fixture)
})

it('does not affect other jobs: they start by themselves', async fixture => {
  fixture.market.afterOrder = async () => false
  await print(fixture)
  await ends(fixture, 'error')
  await waitsForSomebody(fixture)
  const next = await fixture.market.add(makeGcode(300), { purchaseId: fixture.market.jobs[0]?.claim.purchase_id ?? '' })
  assert.is((await reported(fixture, next)).status, 'success')
})

it('is ordered again after a refusal', async fixture => {
  fixture.market.rightsLeft = 0
  await print(fixture)
  await ends(fixture, 'error')
  fixture.market.rightsLeft = 1
  await print(fixture)
  const job = await eventually('the job', () => fixture.market.jobs[0])
  assert.is((await reported(fixture, job)).status, 'success')
})

test.run()
