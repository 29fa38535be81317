import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { completePreparation } from '../../../../bff/services/preparation/complete.ts'
import { claimPrintJob } from '../../../../bff/services/print-job/claim.ts'
import { startWake } from '../../../../bff/wake.ts'
import { preparations, printers, printProfiles, purchases } from '../../../../schema/db/bff/index.ts'
import { newId } from '../../../../schema/http/ids.ts'
import type { PreparedPurchase } from '../../../../schema/http/preparations.ts'
import { type Asked, codeOf, makeApi, type TestApi } from '../../../make/api.ts'
import { makeContext, type TestContext } from '../../../make/market.ts'
import { makePreparation, makePrepared, makePrinter, type Prepared } from '../../../make/prepared.ts'

interface World {
  market: TestContext
  api: TestApi
}
const test = suite<World>('what is prepared for a printer')
test.before.each(async world => {
  world.market = await makeContext()
  world.market.ctx.wake = await startWake(world.market.database)
  world.api = await makeApi(world.market)
})
test.after.each(async ({ market, api }) => {
  await market.ctx.wake.close()
  await api.close()
  await market.close()
})

async function list({ market, api }: World, own: Prepared, known?: string): Promise<Asked> {
  const { token } = await market.ctx.tokens.forPrinter(own.printerId, own.userId, 1)
  return api.ask('GET', '/api/prepared', { token, headers: known === undefined ? {} : { 'if-none-match': known } })
}

const idsOf = ({ body }: Asked) => body.prepared.map((one: PreparedPurchase) => one.preparation_id)

async function prepareAgain({ market }: World, own: Prepared, printerId = own.printerId): Promise<string> {
  const [profile] = await market.db.select().from(printProfiles).where(eq(printProfiles.userId, own.userId))
  market.clock.pass(1000)
  return makePreparation(market, { purchaseId: own.purchaseId, printerId, profileId: profile!.printProfileId })
}

/** Another purchase of the same model by the same person. */
async function buyAgain({ market }: World, own: Prepared): Promise<Prepared> {
  const [first] = await market.db.select().from(purchases).where(eq(purchases.purchaseId, own.purchaseId))
  const purchaseId = newId('purchase', market.ctx.random)
  await market.db.insert(purchases).values({ ...first!, purchaseId })
  return { ...own, purchaseId }
}

test('a printer sees the newest slice of each purchase, as the claim of a job shows it', async world => {
  const own = await makePrepared(world.market)
  const picture = { thumbnail: Buffer.from('large'), thumbnailSmall: Buffer.from('small') }
  const newest = await prepareAgain(world, own)
  await world.market.db.update(preparations).set(picture).where(eq(preparations.preparationId, newest))
  const other = await prepareAgain(world, await buyAgain(world, own))
  const answer = await list(world, own)
  assert.equal(idsOf(answer), [other, newest])
  const [, shown] = answer.body.prepared
  assert.equal([shown.purchase_id, shown.title], [own.purchaseId, 'Gear'])
  assert.is(Buffer.from(shown.thumbnail, 'base64').toString(), 'large')
  assert.is(Buffer.from(shown.thumbnail_small, 'base64').toString(), 'small')
  assert.equal([shown.totals.estimated_time_s, shown.summary.object_height_mm], [60, 8])
  assert.not.match(JSON.stringify(answer.body), 'wrapped')
})

test("not what has expired, is not done, is refunded or is another printer's", async world => {
  const { market } = world
  const own = await makePrepared(market)
  const change = (set: Partial<typeof preparations.$inferInsert>) =>
    market.db.update(preparations).set(set).where(eq(preparations.preparationId, own.preparationId))
  for (const status of ['in_progress', 'failed', 'expired', 'cancelled'] as const) {
    await change({ status })
    assert.equal(idsOf(await list(world, own)), [], status)
  }
  await change({ status: 'completed' })
  assert.equal(idsOf(await list(world, own)), [own.preparationId])
  const theirs = await prepareAgain(world, own, await makePrinter(market, own.userId))
  assert.not.ok(idsOf(await list(world, own)).includes(theirs))
  await market.db.update(purchases).set({ status: 'refunded' }).where(eq(purchases.purchaseId, own.purchaseId))
  assert.equal(idsOf(await list(world, own)), [])
  await market.db.update(purchases).set({ status: 'active' }).where(eq(purchases.purchaseId, own.purchaseId))
  await change({ gcodeTtlExpiry: market.ctx.clock() })
  assert.equal(idsOf(await list(world, own)), [])
})

test('only the printer itself may ask, and only while it is registered', async world => {
  const own = await makePrepared(world.market)
  const { token } = await world.market.ctx.tokens.forUser(own.userId, 'enthusiast')
  assert.is(codeOf(await world.api.ask('GET', '/api/prepared', { token })), 'forbidden')
  assert.is(codeOf(await world.api.ask('GET', '/api/prepared')), 'unauthenticated')
  await world.market.db.update(printers).set({ status: 'revoked' }).where(eq(printers.printerId, own.printerId))
  assert.is(codeOf(await list(world, own)), 'printer_revoked')
})

test('a list that has not changed is not sent again', async world => {
  const own = await makePrepared(world.market)
  const first = await list(world, own)
  const etag = first.headers.get('etag') ?? ''
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
    const again = await list(world, own, known)
    assert.equal([again.status, again.body, again.headers.get('etag')], [304, '', etag], known)
  }
  assert.is((await list(world, own, '"other"')).status, 200)
  const newest = await prepareAgain(world, own)
  const changed = await list(world, own, etag)
  assert.equal([changed.status, idsOf(changed)], [200, [newest]])
})

test('a prepared purchase names its profile and the remaining rights; the list is sent again when they change', async world => {
  const own = await makePrepared(world.market)
  const [purchase] = await world.market.db.select().from(purchases).where(eq(purchases.purchaseId, own.purchaseId))
  const [profile] = await world.market.db.select().from(printProfiles).where(eq(printProfiles.userId, own.userId))
  const first = await list(world, own)
  const remaining = ({ body }: Asked) => body.prepared[0].prints_remaining
  assert.is(first.body.prepared[0].profile_name, profile?.name)
  assert.is(remaining(first), purchase?.printsAllowed)
  const etag = first.headers.get('etag') ?? ''
  const set = { printsReserved: 1 }
  await world.market.db.update(purchases).set(set).where(eq(purchases.purchaseId, own.purchaseId))
  const reserved = await list(world, own, etag)
  assert.equal([reserved.status, remaining(reserved)], [200, purchase!.printsAllowed - 1])
})

test('the list ends after the fifty newest', async world => {
  const own = await makePrepared(world.market)
  const made: string[] = []
  for (let count = 0; count < 51; count++) made.unshift(await prepareAgain(world, await buyAgain(world, own)))
  assert.equal(idsOf(await list(world, own)), made.slice(0, 50))
})

test('a slice that is done wakes the poll of its printer, which then has no job and answers at once', async world => {
  const { market } = world
  const own = await makePrepared(market)
  const set = { status: 'in_progress', gcodeTtlExpiry: null } as const
  await market.db.update(preparations).set(set).where(eq(preparations.preparationId, own.preparationId))
  const started = Date.now()
  const poll = claimPrintJob(own.printer, 'boot-nonce-of-one-edge', 60_000, new AbortController().signal)
  await market.db.transaction(tx => completePreparation(market.ctx, tx, own.preparationId, null))
  assert.is(await poll, null)
  assert.ok(Date.now() - started < 50_000, 'woken, not timed out')
  assert.equal(idsOf(await list(world, own)), [own.preparationId])
})

test.run()
