import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { appendLedgerEvent } from '../../../../bff/services/outbox/append.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { ledgerTransactions, outbox } from '../../../../schema/db/bff/index.ts'
import { newId } from '../../../../schema/http/ids.ts'
import { atEveryStep } from '../../../make/crash.ts'
import { makeDeliveries } from '../../../make/deliveries.ts'
import { reconcileLedger } from '../../../make/reconcile.ts'

const test = suite('every event, exactly once')
const market = await makeDeliveries()
const { calm, clock, ctx, db, hedera, onTopic, settle, topicEnd } = market
test.after(market.close)
test.before.each(calm)

/** Two events of one printer, in this order. */
async function addTwoEvents(): Promise<void> {
  const printer_id = newId('printer', ctx.random)
  const of = { public: { printer_id }, private: { user_id: '' } }
  await appendLedgerEvent(ctx, db, { type: 'printer_registered', ...of, private: { user_id: '', name: '' } })
  await appendLedgerEvent(ctx, db, { type: 'printer_revoked', ...of })
}

/** Kills a relay of two events at each of its steps; what there is on the topic afterwards must be both, once, in order. */
async function killAtEachStep(before: () => void, between: () => Promise<void>, stride: number): Promise<void> {
  await settle()
  let end = await topicEnd()
  await atEveryStep(
    ctx,
    async mortal => {
      await addTwoEvents()
      before()
      await drain(mortal)
    },
    async () => {
      // Others come at once, while what the dead one took is still held by its lease.
      await Promise.all([drain(ctx), drain(ctx)])
      await between()
      calm()
      await settle()
      const all = await onTopic()
      assert.equal(
        all.slice(end).map(message => message.type),
        ['printer_registered', 'printer_revoked'],
      )
      assert.is(new Set(all.map(message => message.event_id)).size, all.length, 'no event twice')
      end = all.length
    },
    stride,
  )
}

test('a relay dies at any step beside two others, with answers lost and nodes that turn transactions away', () => {
  let kill = 0
  const before = () => {
    kill += 1
    Object.assign(hedera.faults, {
      answersToLose: kill % 3,
      submissionsToRefuse: kill % 2,
      busyAnswers: kill % 4 === 3 ? 1 : 0,
    })
  }
  return killAtEachStep(before, async () => {}, 2)
})

test('and with receipts gone and a mirror that is far behind: nothing is written again that may be there', () => {
  const before = () => Object.assign(hedera.faults, { answersToLose: 1, mirrorLagMs: 600_000 })
  const between = async () => {
    // Past the transactions' validity and the nodes' memory; the mirror cannot know yet.
    clock.pass(250_000)
    await Promise.all([drain(ctx), drain(ctx), reconcileLedger(ctx)])
  }
  return killAtEachStep(before, between, 2)
})

test('an event is one transaction, and a receipt has its place on the topic', async () => {
  await settle()
  const rows = await db.select().from(outbox).where(eq(outbox.channel, 'ledger'))
  const messages = await db.select().from(ledgerTransactions).where(eq(ledgerTransactions.kind, 'event'))
  const settled = messages.filter(one => one.status === 'settled')
  assert.equal(new Set(settled.map(one => one.subjectId)), new Set(rows.map(row => row.eventId)))
  assert.is(settled.length, rows.length)
  const all = await onTopic()
  for (const { subjectId, topicSequence } of settled) {
    if (topicSequence !== null) assert.is(all[topicSequence - 1]?.event_id, subjectId)
  }
})

test.run()
