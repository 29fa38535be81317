import { sql } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { appendLedgerEvent, appendMessage } from '../../../../bff/services/outbox/append.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import * as tables from '../../../../schema/db/bff/index.ts'
import { outbox } from '../../../../schema/db/bff/index.ts'
import { connectDatabase } from '../../../../schema/db/connect.ts'
import { AppError } from '../../../../schema/http/errors.ts'
import { newId } from '../../../../schema/http/ids.ts'
import { atEveryStep } from '../../../make/crash.ts'
import { eventually } from '../../../make/eventually.ts'
import { makeOutbox, numbers } from '../../../make/outbox.ts'

const test = suite('relays of the outbox')
const market = await makeOutbox()
const { ctx, db, clock, publishing, add, waiting } = market
test.after(market.close)
test.before.each(async () => {
  await db.delete(outbox)
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

test('a slicing job goes out while the ledger hangs with many events due before it', async () => {
  for (let number = 0; number < 50; number++) {
    const printer_id = newId('printer', ctx.random)
    await appendLedgerEvent(ctx, db, { type: 'printer_revoked', public: { printer_id }, private: { user_id: 'u' } })
  }
  clock.pass(1_000)
  await appendMessage(ctx, db, { channel: 'slicing-jobs', type: 'slicing_job', payload: {} })
  let giveUp = () => {}
  const hanging = new Promise<void>(resolve => {
    giveUp = resolve
  })
  const buildTopicMessage = () => hanging.then(() => Promise.reject(new AppError('ledger_unavailable', 'away')))
  const { as, sent } = publishing()
  const draining = drain({ ...as, ledger: { ...({} as Context['ledger']), buildTopicMessage } })
  await eventually('a message is sent', () => sent.length > 0)
  assert.is(sent[0]?.channel, 'slicing-jobs')
  giveUp()
  await draining
})

test('relays of several instances, some of which die, lose nothing and share the work', async () => {
  const instances = [1, 2, 3].map(() =>
    connectDatabase({ ...market.database.at, applicationName: 'relay', max: 3, tables }),
  )
  for (let number = 0; number < 60; number++) await add(number)
  const { as, sent } = publishing()
  const dead = publishing(() => new Promise(() => {}))
  for (let round = 0; round < 2; round++) {
    // The first takes rows and is never heard of again; what it took is another's after the lease.
    void drain({ ...dead.as, db: instances[0]!.db as unknown as Context['db'] })
    await eventually('the first has taken rows', async () => (await db.$count(outbox, sql`attempts > ${round}`)) > 0)
    await Promise.all(instances.slice(1).map(one => drain({ ...as, db: one.db as unknown as Context['db'] })))
    clock.pass(61_000)
  }
  await Promise.all(instances.slice(1).map(one => drain({ ...as, db: one.db as unknown as Context['db'] })))
  assert.equal(numbers(sent), [...Array(60).keys()], 'each once: nobody died between sending and marking')
  assert.is(await waiting(), 0)
  for (const one of instances) await one.close()
})

test('a relay may die at any step: what it owed is sent at least once, under the same id', async () => {
  const sent = new Map<string, number>()
  await atEveryStep(
    { ...ctx, publish: async (_channel, eventId) => void sent.set(eventId, (sent.get(eventId) ?? 0) + 1) },
    async (mortal, step) => {
      await add(step)
      await drain(mortal)
    },
    async step => {
      clock.pass(61_000)
      await drain({
        ...ctx,
        publish: async (_channel, eventId) => void sent.set(eventId, (sent.get(eventId) ?? 0) + 1),
      })
      assert.is(sent.size, step)
      assert.is(await waiting(), 0)
    },
  )
  assert.ok(
    [...sent.values()].some(times => times === 2),
    'one died between sending and marking',
  )
})

test.run()
