/** What a buyer asks for beside the profile: admitted by the designer's terms, stored, shown, and passed to the slicer. */
import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { receiveSlicingResult } from '../../../../bff/services/preparation/receive-result.ts'
import { startPreparation } from '../../../../bff/services/preparation/start.ts'
import { outbox, preparations, printers, publishedModels, purchases } from '../../../../schema/db/bff/index.ts'
import type { Overrides } from '../../../../schema/http/overrides.ts'
import { printerFacts } from '../../../../schema/http/printer-facts.ts'
import { codeOf, makeApi } from '../../../make/api.ts'
import { hbar, makeMoney } from '../../../make/money.ts'
import { slicedResult } from '../../../make/sliced.ts'
import { emptyBucket, makeBuyer, slicingServices } from '../../../make/slicing.ts'

const test = suite('overrides of a preparation')
const market = await makeMoney({
  bucket: emptyBucket(),
  publish: async () => {},
  settings: { slicingFees: { hbar: hbar / 10n } },
})
const { ctx, db } = market
const api = await makeApi(market)
test.after(async () => {
  await api.close()
  await market.close()
})
const { slicer, push } = slicingServices(market)

/** A buyer of a model of 10 x 20 x 30 mm, and how to ask for its preparation over the API. */
async function makeWorld(terms: { scaleMin?: number; scaleMax?: number } = {}) {
  const buyer = await makeBuyer(market)
  const [purchase] = await db.select().from(purchases).where(eq(purchases.purchaseId, buyer.purchase_id))
  const size = { sizeX: 10, sizeY: 20, sizeZ: 30 }
  await db
    .update(publishedModels)
    .set({ ...size, ...terms })
    .where(eq(publishedModels.modelId, purchase!.modelId))
  const { token } = await ctx.tokens.forUser(buyer.userId, 'enthusiast')
  const ask = (overrides: unknown, headers: Record<string, string> = {}) =>
    api.ask('POST', '/api/prepare', { token, headers, body: { ...buyer.request, overrides } })
  const status = async () =>
    (await api.ask('GET', `/api/prepare-status?purchase_id=${buyer.purchase_id}`, { token })).body
  const stored = () => db.select().from(preparations).where(eq(preparations.purchaseId, buyer.purchase_id))
  return { ...buyer, ask, status, stored }
}

test('overrides are stored in their normal form, shown, and told to the slicer', async () => {
  const { ask, status, stored } = await makeWorld({ scaleMin: 50, scaleMax: 200 })
  const wanted: Overrides = { scale_percent: 50, orientation: 'x90', supports: 'tree', brim: 5, infill_percent: 40 }
  const { status: code, body } = await ask({ ...wanted, copies: 1 })
  assert.is(code, 202)
  assert.equal(body.overrides, wanted)
  assert.equal((await status()).overrides, wanted)
  assert.equal((await stored())[0]?.overrides, wanted)
  const start = await startPreparation(slicer, body.preparation_id)
  assert.equal(start.overrides, wanted)
  await receiveSlicingResult(push, slicedResult(start))
  await drain(ctx)
  assert.equal((await status()).overrides, wanted)
})

test('without any, and with those that change nothing, none are stored', async () => {
  const plain = await makeWorld()
  assert.equal((await plain.ask(undefined)).body.overrides, {})
  const same = await makeWorld()
  const nothing = { copies: 1, scale_percent: 100, orientation: 'as_published' }
  assert.equal((await same.ask(nothing)).body.overrides, {}, 'also where scaling is not allowed')
})

test('what is refused is refused before a fee, and nothing is stored', async () => {
  const fixed = await makeWorld()
  const scalable = await makeWorld({ scaleMin: 80, scaleMax: 120 })
  const cases: [typeof fixed, unknown, string, RegExp][] = [
    [fixed, { layer_height: 0.1 }, 'invalid_input', /layer_height/],
    [fixed, { infill_percent: 101 }, 'invalid_input', /infill_percent/],
    [fixed, { infill_percent: null }, 'invalid_input', /infill_percent/],
    [fixed, { brim: 1e9 }, 'invalid_input', /brim/],
    [fixed, { supports: 'organic' }, 'invalid_input', /supports/],
    [fixed, { orientation: 'z45' }, 'invalid_input', /orientation/],
    [fixed, [], 'invalid_input', /overrides/],
    [fixed, { copies: 2 }, 'one_copy_per_print', /print 2 times/],
    [fixed, { scale_percent: 99 }, 'scaling_not_allowed', /does not allow scaling/],
    [scalable, { scale_percent: 79.9 }, 'scaling_not_allowed', /80 to 120/],
    [scalable, { scale_percent: 121 }, 'scaling_not_allowed', /80 to 120/],
  ]
  for (const [world, overrides, code, says] of cases) {
    const before = await market.balanceOf(world.userId)
    const answer = await world.ask(overrides)
    assert.is(codeOf(answer), code, JSON.stringify(overrides))
    assert.match(JSON.stringify(answer.body), says)
    assert.equal(await world.stored(), [])
    const owed = await db.select().from(outbox).where(eq(outbox.purchaseId, world.purchase_id))
    assert.not.ok(owed.some(row => row.channel === 'slicing-jobs'))
    assert.is(await market.balanceOf(world.userId), before)
  }
  assert.is((await scalable.ask({ scale_percent: 80 })).status, 202)
})

test('a print that the printer has no room for is refused before it is sliced', async () => {
  const { ask, printer, stored } = await makeWorld({ scaleMin: 1, scaleMax: 1000 })
  assert.is((await ask({ scale_percent: 1, orientation: 'y90' })).status, 202, 'a side of 0.1 mm is enough')
  await db.delete(preparations).where(eq(preparations.preparationId, (await stored())[0]!.preparationId))
  const facts = printerFacts.parse({ axis_min: { x: 0, y: -10, z: -2 }, axis_max: { x: 100, y: 90, z: 25 } })
  await db.update(printers).set({ facts }).where(eq(printers.printerId, printer.printer_id))
  const upright = await ask({})
  assert.is(codeOf(upright), 'stl_exceeds_bed')
  assert.match(
    upright.body.detail,
    /10\.00 x 20\.00 x 30\.00 mm; the printer has room for 100\.00 x 100\.00 x 25\.00 mm/,
  )
  assert.is(codeOf(await ask({ orientation: 'x90', scale_percent: 400 })), 'stl_exceeds_bed')
  assert.equal(await stored(), [])
  assert.is((await ask({ orientation: 'x90' })).status, 202)
})

test('a repeated request finds its preparation; with other overrides its key is refused', async () => {
  const { ask, stored } = await makeWorld()
  const headers = { 'idempotency-key': 'overrides-1' }
  const first = await ask({ infill_percent: 40 }, headers)
  const again = await ask({ infill_percent: 40 }, headers)
  assert.equal([again.status, again.body.preparation_id], [202, first.body.preparation_id])
  assert.is(codeOf(await ask({ infill_percent: 41 }, headers)), 'idempotency_key_reused')
  assert.equal(
    (await stored()).map(row => row.overrides),
    [{ infill_percent: 40 }],
  )
})

test.run()
