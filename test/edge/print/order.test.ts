import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { questionShown } from '../../make/edge/dialog.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { makeWorkshop, reported, type Workshop } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a job that is ordered by a print at the printer')

const filename = 'LMNT/Gear.gcode'
const gcode = makeGcode(500)

/** A printer that starts by itself what arrives, with a file in its list that has no job. */
async function it(name: string, work: (shop: Workshop) => Promise<void>): Promise<void> {
  test(name, async () => {
    const shop = await makeWorkshop()
    try {
      shop.market.rightsLeft = 5
      await shop.market.prepare(gcode)
      await eventually('its file is there', () =>
        shop.client.call('server.files.metadata', { filename }).then(
          () => true,
          () => false,
        ),
      )
      await work(shop)
    } finally {
      await shop.close()
    }
  })
}

const print = ({ client }: Workshop) => client.call('printer.print.start', { filename })

function ends(shop: Workshop, as: string) {
  return eventually(`the print ends as ${as}`, async () => (await shop.client.printStats()).state === as)
}

/** Holds up the next order at the marketplace, until the function that is given is called. */
async function heldUp({ market }: Workshop): Promise<() => void> {
  let goOn: (() => void) | undefined
  market.beforeOrder = () =>
    new Promise<void>(resolve => {
      goOn = resolve
    })
  return eventually('a job is ordered', () => goOn)
}

/** The one job that was ordered: printed by nobody, until somebody prints the file again. */
async function waitsForSomebody(shop: Workshop): Promise<void> {
  const job = await eventually('the job', () => shop.market.jobs[0])
  await questionShown(shop.client)
  assert.not.ok(job.wasPrinting)
  await print(shop)
  assert.is((await reported(shop, job)).status, 'success')
  assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
  assert.is(shop.market.jobs.length, 1, 'no other was ordered')
}

async function isPrintedByThatPrint(shop: Workshop): Promise<void> {
  const job = await eventually('the job', () => shop.market.jobs[0])
  assert.is((await reported(shop, job)).status, 'success')
  assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
  assert.is(shop.market.jobs.length, 1, 'no other was ordered')
  const { jobs } = (await shop.client.call('server.history.list', {})) as { jobs: unknown[] }
  assert.is(jobs.length, 1, 'one print')
}

it('is printed by that print, also when the first answer is lost', async shop => {
  shop.market.afterOrder = async () => shop.market.orders.length > 1
  await print(shop)
  await isPrintedByThatPrint(shop)
})

it('is printed by that print, also when it comes before the answer', async shop => {
  shop.market.afterOrder = () =>
    eventually('the edge has it', async () => (await shop.client.agent('status')).job !== null)
  await print(shop)
  await isPrintedByThatPrint(shop)
})

it('ends with that print when it is cancelled, also when it comes before the answer', async shop => {
  shop.market.afterOrder = async () => {
    await eventually('the edge has it', async () => (await shop.client.agent('status')).job !== null)
    await shop.client.call('printer.print.cancel')
    return ends(shop, 'cancelled')
  }
  await print(shop)
  const job = await eventually('the job', () => shop.market.jobs[0])
  assert.is((await reported(shop, job)).stats?.reason, 'cancelled')
  assert.not.ok(job.wasPrinting)
})

it('does not start by itself when no answer comes and the print has ended for that', async shop => {
  shop.market.afterOrder = async () => false
  await print(shop)
  await ends(shop, 'error')
  await waitsForSomebody(shop)
})

it('is printed by that print when the edge is started again meanwhile, and asks a second time', async shop => {
  const order = heldUp(shop)
  await print(shop)
  const goOn = await order
  await shop.restartEdge()
  await eventually('it asks again', () => shop.market.orders.length > 1)
  goOn()
  await isPrintedByThatPrint(shop)
})

it('does not start by itself when edge and print have ended meanwhile', async shop => {
  const order = heldUp(shop)
  await print(shop)
  const goOn = await order
  await shop.stopEdge()
  await shop.client.call('printer.print.cancel')
  goOn()
  await shop.startEdge()
  await waitsForSomebody(shop)
})

it('leaves the other jobs as they are: they start by themselves', async shop => {
  shop.market.afterOrder = async () => false
  await print(shop)
  await ends(shop, 'error')
  await waitsForSomebody(shop)
  const next = await shop.market.add(makeGcode(300), { purchaseId: shop.market.jobs[0]?.claim.purchase_id ?? '' })
  assert.is((await reported(shop, next)).status, 'success')
})

it('is ordered anew after a refusal', async shop => {
  shop.market.rightsLeft = 0
  await print(shop)
  await ends(shop, 'error')
  shop.market.rightsLeft = 1
  await print(shop)
  const job = await eventually('the job', () => shop.market.jobs[0])
  assert.is((await reported(shop, job)).status, 'success')
})

test.run()
