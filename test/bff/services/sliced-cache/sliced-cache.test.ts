/** Which slices are reused, replaced and removed; the slicer's part is tested in test/slicer/slice/cache.test.ts. */
import { eq, inArray } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { receiveSlicingResult } from '../../../../bff/services/preparation/receive-result.ts'
import { releasePreparation } from '../../../../bff/services/preparation/release.ts'
import { startPreparation } from '../../../../bff/services/preparation/start.ts'
import { setPrinterFacts } from '../../../../bff/services/printer/set-facts.ts'
import { trimSlices } from '../../../../bff/services/sliced-cache/trim.ts'
import { outbox, preparations, publishedModels, purchases, slicedCache } from '../../../../schema/db/bff/index.ts'
import type { Overrides } from '../../../../schema/http/overrides.ts'
import type { StartPreparationResponse } from '../../../../schema/http/preparations.ts'
import { printerFacts } from '../../../../schema/http/printer-facts.ts'
import { sliceDetails } from '../../../../schema/http/slice.ts'
import type { SlicingResult } from '../../../../schema/messages/slicing.ts'
import { makeContext } from '../../../make/market.ts'
import { makePreparation, makePrepared, type Prepared } from '../../../make/prepared.ts'
import { slicedResult } from '../../../make/sliced.ts'

const test = suite('the cache of slices, at the marketplace')
const bucket = { uri: (name: string) => `gs://lmnt-test/${name}` } as Context['bucket']
const market = await makeContext({ bucket, settings: { sliceCacheBytes: 5000 } })
const { db, clock, ctx } = market
test.after(market.close)
test.before.each(async () => {
  await db.delete(slicedCache)
})

const slicer = market.as({ kind: 'service', email: ctx.settings.slicerServiceAccount })
const push = market.as({ kind: 'service', email: ctx.settings.pushServiceAccount })
const hour = 3600_000
type Sliced = Extract<SlicingResult, { outcome: 'sliced' }>

/** Another preparation of the same purchase with the same profile, which waits for a slicer. */
async function again({ purchaseId, printerId, preparationId }: Prepared) {
  const [first] = await db.select().from(preparations).where(eq(preparations.preparationId, preparationId))
  const id = await makePreparation(market, { purchaseId, printerId, profileId: first!.printProfileId })
  await db.update(preparations).set({ status: 'pending', gcodeFileUrl: null }).where(eq(preparations.preparationId, id))
  return id
}

const start = async (own: Prepared) => startPreparation(slicer, await again(own))

function withCopy(started: StartPreparationResponse, size = 2000) {
  const { copy_gcs_uri } = started.cache!
  const copy = { gcs_uri: copy_gcs_uri, size, sha256: 'c'.repeat(64), wrapped_dek: 'wrapped', made_by: 'three 1 build' }
  return { ...(slicedResult(started) as Sliced), copy }
}

/** A slice that is sliced and kept. */
async function keep(own: Prepared, size?: number) {
  const started = await start(own)
  const result = withCopy(started, size)
  await receiveSlicingResult(push, result)
  return { started, result, uri: result.copy.gcs_uri }
}

const entries = async () => (await db.select().from(slicedCache)).map(({ gcsUri }) => gcsUri)
async function removals(...uris: string[]) {
  const rows = await db
    .select()
    .from(outbox)
    .where(inArray(outbox.channel, ['delete-object']))
  return rows.map(({ payload }) => (payload as { uri: string }).uri).filter(uri => uris.includes(uri))
}

test('the next preparation of the same slice is told where the copy is, and its grant opens that copy', async () => {
  const own = await makePrepared(market)
  const first = await keep(own)
  assert.is(first.started.cache!.hit, null)
  const { cache, cws_token } = await start(own)
  assert.equal(cache!.hit, { copy: first.result.copy, details: sliceDetails.parse(first.result) })
  const [purchase] = await db.select().from(purchases).where(eq(purchases.purchaseId, own.purchaseId))
  assert.match(cache!.key_context, new RegExp(`^cache:${purchase!.modelId}:[0-9a-f]{64}$`))
  const { contexts } = JSON.parse(Buffer.from(cws_token.split('.')[1]!, 'base64url').toString())
  assert.equal(contexts, [`model:${purchase!.modelId}`, `printer:${own.printerId}`, cache!.key_context])
})

test("another model's, another printer's and an expired slice are not offered", async () => {
  const own = await makePrepared(market)
  const { started } = await keep(own)
  const other = await start(await makePrepared(market))
  assert.is(other.cache!.hit, null)
  assert.is.not(other.cache!.key_context, started.cache!.key_context)
  await setPrinterFacts(own.printer, printerFacts.parse({ has_gcode_arcs: true }))
  assert.is((await start(own)).cache!.hit, null)
  const expiring = await makePrepared(market)
  await keep(expiring)
  clock.pass(ctx.settings.sliceCacheHours * hour)
  assert.is((await start(expiring)).cache!.hit, null)
})

test('a slice with other overrides is not offered, and one with the same is', async () => {
  const own = await makePrepared(market)
  const startWith = async (overrides: Overrides) => {
    const preparationId = await again(own)
    await db.update(preparations).set({ overrides }).where(eq(preparations.preparationId, preparationId))
    return startPreparation(slicer, preparationId)
  }
  await keep(own)
  const denser = await startWith({ infill_percent: 40, brim: 5 })
  assert.is(denser.cache!.hit, null)
  await receiveSlicingResult(push, withCopy(denser))
  assert.is((await startWith({ infill_percent: 41, brim: 5 })).cache!.hit, null)
  assert.equal((await startWith({ brim: 5, infill_percent: 40 })).cache!.hit?.copy.gcs_uri, denser.cache!.copy_gcs_uri)
})

test('a newer copy replaces the one of another build, whose object is removed', async () => {
  const own = await makePrepared(market)
  const first = await keep(own)
  const second = await keep(own)
  assert.equal(await entries(), [second.uri])
  assert.equal(await removals(first.uri, second.uri), [first.uri])
})

test('a result that comes twice keeps its copy, and one of a lost lease loses it', async () => {
  const own = await makePrepared(market)
  const kept = await keep(own)
  await receiveSlicingResult(push, kept.result)
  assert.equal(await removals(kept.uri), [])

  const lost = await start(own)
  clock.pass(hour)
  await startPreparation(slicer, lost.preparation_id)
  await receiveSlicingResult(push, withCopy(lost))
  assert.equal(await entries(), [kept.uri])
  assert.equal(await removals(lost.cache!.copy_gcs_uri), [lost.cache!.copy_gcs_uri])
})

test('an attempt that gives its lease back leaves no copy', async () => {
  const started = await start(await makePrepared(market))
  await releasePreparation(slicer, started.preparation_id, { lease_id: started.lease_id })
  assert.is((await removals(started.cache!.copy_gcs_uri)).length, 1)
})

test('a result that names another object as its copy is dropped', async () => {
  const own = await makePrepared(market)
  const kept = await keep(own)
  const started = await start(own)
  const { copy, ...result } = withCopy(started)
  for (const gcs_uri of [kept.uri, 'gs://lmnt-test/models/gear', started.gcode_gcs_uri]) {
    await receiveSlicingResult(push, { ...result, copy: { ...copy, gcs_uri } })
  }
  assert.equal(await entries(), [kept.uri])
  assert.equal(await removals('gs://lmnt-test/models/gear', kept.uri, started.gcode_gcs_uri), [])
})

test('above the limit the slices go that were unused for longest; a used one stays', async () => {
  const [a, b, c] = [await makePrepared(market), await makePrepared(market), await makePrepared(market)]
  const kept = []
  for (const own of [a, b]) {
    kept.push(await keep(own))
    clock.pass(1000)
  }
  await trimSlices(ctx)
  assert.is((await entries()).length, 2, 'both fit')
  await start(a)
  clock.pass(1000)
  const last = await keep(c)
  await trimSlices(ctx)
  assert.equal((await entries()).sort(), [kept[0]!.uri, last.uri].sort())
  assert.equal(await removals(kept[0]!.uri, kept[1]!.uri), [kept[1]!.uri])
  const large = await keep(b, 5001)
  assert.is((await entries()).length, 2, 'one that is larger than the cache is not kept')
  assert.equal(await removals(large.uri), [large.uri])
})

test('the slices that have expired go, and those of a model that is not published any more', async () => {
  const [old, removed] = [await makePrepared(market), await makePrepared(market)]
  const expired = await keep(old)
  clock.pass(ctx.settings.sliceCacheHours * hour)
  const ofRemoved = await keep(removed)
  const stays = await keep(await makePrepared(market))
  const [purchase] = await db.select().from(purchases).where(eq(purchases.purchaseId, removed.purchaseId))
  await db.update(publishedModels).set({ status: 'rejected' }).where(eq(publishedModels.modelId, purchase!.modelId))
  await trimSlices(ctx)
  assert.equal(await entries(), [stays.uri])
  assert.is((await removals(expired.uri, ofRemoved.uri)).length, 2)
})

test('without a cache nothing is offered, and what was kept is removed', async () => {
  const own = await makePrepared(market)
  const kept = await keep(own)
  const off = { ...ctx.settings, sliceCacheBytes: 0 }
  const started = await startPreparation({ ...slicer, settings: off }, await again(own))
  assert.is(started.cache, null)
  await trimSlices({ ...ctx, settings: off })
  assert.equal([await entries(), await removals(kept.uri)], [[], [kept.uri]])
})

test.run()
