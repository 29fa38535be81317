import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cutPage, pageMaxBytes } from '../../../bff/services/page.ts'
import { preparations, printJobs, printProfiles, publishedModels, purchases } from '../../../schema/db/bff/index.ts'
import { newId } from '../../../schema/http/ids.ts'
import { codeOf, makeApi, type TestApi } from '../../make/api.ts'
import { makeContext, type TestContext } from '../../make/market.ts'
import { makePreparation, makePrepared, makePrinter, makeProfile, type Prepared } from '../../make/prepared.ts'

interface World {
  market: TestContext
  api: TestApi
}
const test = suite<World>('lists in pages')
test.before.each(async world => {
  world.market = await makeContext({ startAt: new Date('2026-11-25T12:00:00Z') })
  world.api = await makeApi(world.market)
})
test.after.each(async ({ market, api }) => {
  await api.close()
  await market.close()
})

/** One more of everything that a person has lists of. */
async function addMore(market: TestContext, own: Prepared): Promise<void> {
  const { ctx, db } = market
  const [purchase] = await db.select().from(purchases).where(eq(purchases.purchaseId, own.purchaseId))
  const [model] = await db.select().from(publishedModels).where(eq(publishedModels.modelId, purchase!.modelId))
  const createdAt = ctx.clock()
  const modelId = newId('model', ctx.random)
  const purchaseId = newId('purchase', ctx.random)
  await db.insert(publishedModels).values({ ...model!, modelId, createdAt })
  await db.insert(purchases).values({ ...purchase!, purchaseId, modelId, createdAt })
  const profileId = await makeProfile(market, own.userId)
  await makePrinter(market, own.userId)
  const preparationId = await makePreparation(market, { purchaseId, printerId: own.printerId, profileId })
  const job = { printJobId: newId('job', ctx.random), status: 'success' as const, createdAt }
  await db.insert(printJobs).values({ ...job, purchaseId, preparationId, printerId: own.printerId, userId: own.userId })
  await market.sql`
    INSERT INTO outbox (event_id, channel, type, purchase_id, payload, event_text, created_at, due_at)
    VALUES (${newId('event', ctx.random)}, 'ledger', 'model_print', ${own.purchaseId}, '{"digest": "x"}', '{}', ${createdAt}, now())`
}

test('every list is walked by its cursor, each item once, in the order of the whole list', async ({ market, api }) => {
  const own = await makePrepared(market)
  for (const ms of [0, 0, 1000, 0, 60_000, 0]) {
    market.clock.pass(ms)
    await addMore(market, own)
  }
  const { token: user } = await market.ctx.tokens.forUser(own.userId, 'enthusiast')
  const { token: printer } = await market.ctx.tokens.forPrinter(own.printerId, own.userId, 1)
  const lists = [
    ['/api/models', 'models', 'model_id', undefined],
    ['/api/purchases', 'purchases', 'purchase_id', user],
    ['/api/print-profiles', 'print_profiles', 'print_profile_id', user],
    ['/api/printers', 'printers', 'printer_id', user],
    ['/api/print-jobs', 'print_jobs', 'print_job_id', user],
    ['/api/prepared', 'prepared', 'preparation_id', printer],
    [`/api/receipts/${own.purchaseId}`, 'events', 'event_id', user],
  ] as const
  for (const [path, items, id, token] of lists) {
    const ask = async (query: string) => {
      const { status, body } = await api.ask('GET', `${path}${query}`, token === undefined ? {} : { token })
      assert.is(status, 200, path)
      const ids = body[items].map((item: Record<string, string>) => item[id])
      // A receipt tells each page's events in the order in which they happened.
      return { ids: items === 'events' ? ids.reverse() : ids, next: body.next_cursor }
    }
    const whole = await ask('')
    assert.is(whole.next, null, path)
    assert.ok(whole.ids.length >= 6, path)
    const walked: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: Awaited<ReturnType<typeof ask>> = await ask(`?limit=2${cursor && `&cursor=${cursor}`}`)
      assert.ok(page.ids.length <= 2, path)
      walked.push(...page.ids)
      cursor = page.next
    }
    assert.equal(walked, whole.ids, path)
    const wrong = await api.ask('GET', `${path}?cursor=2026`, token === undefined ? {} : { token })
    assert.is(codeOf(wrong), 'invalid_input', path)
  }
})

test('a page of large profiles ends early, and one of an earlier size has a page of its own', async ({
  market,
  api,
}) => {
  const { userId } = await market.newUser()
  const { token } = await market.ctx.tokens.forUser(userId, 'enthusiast')
  const sizes = [250_000, 250_000, 250_000, 2_000_000, 250_000, 250_000, 250_000, 250_000, 250_000]
  for (const size of sizes) {
    market.clock.pass(1000)
    const printProfileId = await makeProfile(market, userId)
    const machineSettings = Object.fromEntries(
      Array.from({ length: size / 10_000 }, (_, index) => [`k${index}`, 'x'.repeat(9990)]),
    )
    await market.db
      .update(printProfiles)
      .set({ machineSettings })
      .where(eq(printProfiles.printProfileId, printProfileId))
  }
  const counts: number[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body } = await api.ask('GET', `/api/print-profiles${cursor && `?cursor=${cursor}`}`, { token })
    counts.push(body.print_profiles.length)
    cursor = body.next_cursor
  }
  assert.equal(counts, [4, 1, 1, 3])
})

test('a printer’s pictures end a page early, and the list’s tag is of all its pages', async ({ market, api }) => {
  const own = await makePrepared(market)
  for (let count = 0; count < 3; count++) await addMore(market, own)
  await market.db.update(preparations).set({ thumbnail: Buffer.alloc(300_000), thumbnailSmall: Buffer.alloc(10_000) })
  const { token } = await market.ctx.tokens.forPrinter(own.printerId, own.userId, 1)
  const ask = (query: string, known?: string) =>
    api.ask('GET', `/api/prepared${query}`, { token, headers: known === undefined ? {} : { 'if-none-match': known } })
  const first = await ask('')
  const tag = first.headers.get('etag')!
  assert.is(first.body.prepared.length, 2)
  assert.is((await ask(`?cursor=${first.body.next_cursor}`)).body.prepared.length, 2)
  assert.is((await ask('', tag)).status, 304)
  await market.db
    .update(preparations)
    .set({ status: 'expired' })
    .where(eq(preparations.preparationId, first.body.prepared[0].preparation_id))
  assert.is((await ask('', tag)).status, 200)
})

test('a page holds one item at least', () => {
  const place = (id: number) => ({ at: new Date(id), id: `model_${id}` })
  const cut = (bytes: number[], limit = 10) =>
    cutPage(
      bytes.map((_, index) => index),
      { limit },
      place,
      index => bytes[index]!,
    )
  assert.equal(cut([]), { page: [], next_cursor: null })
  assert.equal(cut([pageMaxBytes * 2]), { page: [0], next_cursor: null })
  assert.equal(cut([pageMaxBytes * 2, 1]), { page: [0], next_cursor: '0.model_0' })
  assert.equal(cut([pageMaxBytes - 1, 1, 1]), { page: [0, 1], next_cursor: '1.model_1' })
  assert.equal(cut([1, 1, 1], 2), { page: [0, 1], next_cursor: '1.model_1' })
  assert.equal(cut([1, 1], 2), { page: [0, 1], next_cursor: null })
})

test.run()
