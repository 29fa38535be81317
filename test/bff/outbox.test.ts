import { eq, isNull } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../bff/context.ts'
import { appendLedgerEvent, appendMessage } from '../../bff/services/outbox/append.ts'
import { drain, drainSoon } from '../../bff/services/outbox/drain.ts'
import { outbox } from '../../schema/db/bff.ts'
import { newId } from '../../schema/http/ids.ts'
import { makeContext } from '../make/market.ts'

const test = suite('the outbox')
const market = await makeContext()
const { ctx, db, clock } = market
test.after(market.close)
test.before.each(async () => {
  await db.delete(outbox)
})

interface Sent {
  channel: string
  eventId: string
  message: unknown
}

/** A context that publishes into `sent`, as `publish` lets it. */
function publishing(publish: (one: Sent) => Promise<void> = async () => {}): { as: Context; sent: Sent[] } {
  const sent: Sent[] = []
  const as: Context = {
    ...ctx,
    publish: async (channel, eventId, message) => {
      const one = { channel, eventId, message }
      await publish(one)
      sent.push(one)
    },
  }
  return { as, sent }
}

const add = (number: number) =>
  appendMessage(ctx, db, { channel: 'print-jobs', type: 'print_job', payload: { number } })
const waiting = () => db.$count(outbox, isNull(outbox.deliveredAt))
const numbers = (sent: Sent[]) => sent.map(one => (one.message as { number: number }).number).sort((a, b) => a - b)

test('what was committed is delivered once, by any number of relays', async () => {
  for (let number = 0; number < 50; number++) await add(number)
  const { as, sent } = publishing()
  await Promise.all([drain(as), drain(as), drainSoon(as)])
  assert.equal(numbers(sent), [...Array(50).keys()])
  assert.is(await waiting(), 0)
  assert.is(await drain(as), 0)
})

test('what a transaction takes back is never delivered', async () => {
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

test('a relay that dies in the middle leaves its row to another, after the lease', async () => {
  await add(1)
  let died = 0
  const dead = publishing(() => new Promise(() => (died += 1)))
  void drain(dead.as)
  while (died === 0) await new Promise(resolve => setImmediate(resolve))
  const { as, sent } = publishing()
  await drain(as)
  assert.equal(sent, [], 'it is taken')
  clock.pass(61_000)
  await drain(as)
  assert.equal(numbers(sent), [1])
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
  assert.match(row?.lastError ?? '', /the topic takes 1024/)
})

test('a database that is away fails no request that drains', async () => {
  const away = { ...ctx, db: new Proxy({} as Context['db'], { get: () => () => assert.unreachable('no database') }) }
  await drainSoon(away)
})

test.run()
