import { and, eq, gt, isNull, sql } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { appendLedgerEvent, appendMessage } from '../../../../bff/services/outbox/append.ts'
import { backgroundDeliveries } from '../../../../bff/services/outbox/background.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { outbox } from '../../../../schema/db/bff/index.ts'
import { connectDatabase } from '../../../../schema/db/connect.ts'
import { AppError } from '../../../../schema/http/errors.ts'
import { newId } from '../../../../schema/http/ids.ts'
import { eventually } from '../../../make/eventually.ts'
import { makeOutbox, numbers } from '../../../make/outbox.ts'

const test = suite('the outbox')
const market = await makeOutbox()
const { ctx, db, clock, publishing, add, waiting } = market
test.after(market.close)
test.before.each(async () => {
  await db.delete(outbox)
})

test('a committed message is delivered once by any number of relays', async () => {
  for (let number = 0; number < 50; number++) await add(number)
  const { as, sent } = publishing()
  const background = backgroundDeliveries(as)
  background.start()
  await Promise.all([drain(as), drain(as), background.stop()])
  assert.equal(numbers(sent), [...Array(50).keys()])
  assert.is(await waiting(), 0)
  assert.is(await drain(as), 0)
})

test('a message of a transaction that rolls back is never delivered', async () => {
  const { as, sent } = publishing()
  const undone = new Error('undone')
  await db
    .transaction(async tx => {
      await appendMessage(ctx, tx, { channel: 'print-jobs', type: 'print_job', payload: {} })
      throw undone
    })
    .catch(error => assert.is(error, undone))
  await drain(as)
  assert.equal(sent, [])
})

test('a row that nobody can deliver keeps no other waiting, and comes again ever later', async () => {
  await add(-1)
  for (let number = 0; number < 30; number++) await add(number)
  const attempts: Date[] = []
  const { as, sent } = publishing(async ({ message }) => {
    if ((message as { number: number }).number >= 0) return
    attempts.push(clock.now())
    throw new Error('poison')
  })
  await drain(as)
  assert.equal(numbers(sent), [...Array(30).keys()])
  const [row] = await db.select().from(outbox).where(isNull(outbox.deliveredAt))
  assert.is(row?.lastError, 'poison')

  for (let second = 0; second < 60; second++) {
    clock.pass(1000)
    await drain(as)
  }
  const waits = attempts.slice(1).map((at, index) => Math.round((at.getTime() - attempts[index]!.getTime()) / 1000))
  assert.equal(waits.slice(0, 4), [2, 4, 8, 16])
  clock.pass(24 * 3600_000)
  await drain(publishing().as)
  assert.is(await waiting(), 0)
})

test('a message that fails by its own fault is dead after twenty attempts and is not tried again', async () => {
  await add(1)
  let attempts = 0
  const { as } = publishing(async () => {
    attempts += 1
    throw new Error('poison')
  })
  for (let hour = 0; hour < 48; hour++) {
    await drain(as)
    clock.pass(3600_000)
  }
  assert.is(attempts, 20)
  const [row] = await db.select().from(outbox)
  assert.equal([row?.deadAt instanceof Date, row?.failures, row?.lastError], [true, 20, 'poison'])
})

test("delivery to a service that is away for days is tried until it returns, for every client's error", async () => {
  const troubles = [
    new AppError('ledger_unavailable', 'away'),
    Object.assign(new Error('14 UNAVAILABLE'), { code: 14 }),
    Object.assign(new Error('backend error'), { code: 503 }),
    new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }),
    Object.assign(new Error('write CONNECTION_CLOSED'), { code: 'CONNECTION_CLOSED' }),
  ]
  await add(1)
  let attempts = 0
  const away = publishing(async () => {
    throw troubles[attempts++ % troubles.length]
  })
  for (let hour = 0; hour < 72; hour++) {
    await drain(away.as)
    clock.pass(3600_000)
  }
  assert.is(attempts, 72)
  const { as, sent } = publishing()
  await drain(as)
  assert.equal(numbers(sent), [1])
})

test('the events of one purchase come in their order, though another’s are held up', async () => {
  const order = async (orderKey: string, number: number) => {
    await add(number)
    await db
      .update(outbox)
      .set({ orderKey })
      .where(sql`payload ->> 'number' = ${String(number)}`)
  }
  for (const number of [1, 2, 3]) await order('a', number)
  for (const number of [11, 12, 13]) await order('b', number)
  let isAway = true
  const { as, sent } = publishing(async ({ message }) => {
    if (isAway && (message as { number: number }).number === 1) throw new AppError('unavailable', 'away')
  })
  const inOrder = () => sent.map(one => (one.message as { number: number }).number)
  await Promise.all([drain(as), drain(as), drain(as)])
  assert.equal(inOrder(), [11, 12, 13])
  isAway = false
  clock.pass(3_000)
  await Promise.all([drain(as), drain(as), drain(as)])
  assert.equal(inOrder(), [11, 12, 13, 1, 2, 3])
})

test('one that is dead keeps the others of its purchase waiting no longer', async () => {
  for (const number of [1, 2]) await add(number)
  await db.update(outbox).set({ orderKey: 'a' })
  await db.update(outbox).set({ deadAt: clock.now() }).where(sql`payload ->> 'number' = '1'`)
  const { as, sent } = publishing()
  await drain(as)
  assert.equal(numbers(sent), [2])
})

test('an object that is to go is removed from the bucket', async () => {
  const removed: string[] = []
  const bucket = { ...({} as Context['bucket']), remove: async (uri: string) => void removed.push(uri) }
  await appendMessage(ctx, db, {
    channel: 'delete-object',
    type: 'delete_object',
    payload: { uri: 'gs://lmnt-test/a' },
  })
  await drain({ ...ctx, bucket })
  assert.equal(removed, ['gs://lmnt-test/a'])
})

test('an event that is too long for one message is not sent, and says so', async () => {
  const printer_id = newId('printer', ctx.random)
  await appendLedgerEvent(ctx, db, { type: 'printer_revoked', public: { printer_id }, private: { user_id: 'u' } })
  const isLong = eq(outbox.channel, 'ledger')
  await db
    .update(outbox)
    .set({ payload: { text: 'x'.repeat(1100) } })
    .where(isLong)
  await drain(ctx)
  const [row] = await db.select().from(outbox).where(isLong)
  assert.match(row?.lastError ?? '', /bytes; the limit is 1024/)
})

test('a drain without rows leases for all channels by one statement', async () => {
  const { db, sql: own, close } = connectDatabase({ ...market.database.at, applicationName: 'test', max: 1 })
  assert.is(await drain({ ...ctx, db }), 0)
  const leases = await own`
    SELECT (generic_plans + custom_plans)::int AS runs FROM pg_prepared_statements WHERE statement LIKE 'update "outbox"%'`
  assert.equal([...leases], [{ runs: 1 }])
  await close()
})

test('a database that is away fails no request that drains', async () => {
  const away = { ...ctx, db: new Proxy({} as Context['db'], { get: () => () => assert.unreachable('no database') }) }
  const background = backgroundDeliveries(away)
  background.start()
  await background.stop()
})

test('at a stop, deliveries in the background end with the rows that they have leased; no more is started', async () => {
  for (let number = 0; number < 45; number++) await add(number)
  let release = () => {}
  const released = new Promise<void>(resolve => (release = resolve))
  const { as, sent } = publishing(() => released)
  const background = backgroundDeliveries(as)
  background.start()
  await eventually('rows are leased', async () => (await db.$count(outbox, gt(outbox.attempts, 0))) > 0)
  const stopped = background.stop()
  release()
  await stopped
  const delivered = sent.length
  assert.ok(delivered > 0 && delivered < 45, `${delivered} delivered`)
  assert.is(await db.$count(outbox, and(gt(outbox.attempts, 0), isNull(outbox.deliveredAt))), 0, 'no lease is left')
  background.start()
  await background.stop()
  assert.is(sent.length, delivered)
})

test.run()
