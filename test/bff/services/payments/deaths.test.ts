import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { appendLedgerEvent } from '../../../../bff/services/outbox/append.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { chargeFee } from '../../../../bff/services/preparation/charge-fee.ts'
import { purchases } from '../../../../schema/db/bff/index.ts'
import { newId } from '../../../../schema/http/ids.ts'
import { atEveryStep } from '../../../make/crash.ts'
import { hbar } from '../../../make/money.ts'
import { makePayments, prices } from '../../../make/payments.ts'
import { reconcileLedger } from '../../../make/reconcile.ts'

const test = suite('payments of a process that dies')
const market = await makePayments({ settings: { purchaseWaitSeconds: 2 } })
const { balanceOf, clock, ctx, db, hedera, newBuyer, newSlice } = market
test.after(market.close)

const price = prices.hbar

test('a process may die at any step of a purchase: it is paid once and active, or never was', async () => {
  const seen = new Set<string>()
  const { userId, buy } = await newBuyer('hbar', 100n * price)
  let [made, balance] = [0, await balanceOf(userId)]
  const steps = await atEveryStep(
    ctx,
    mortal => buy(mortal),
    async () => {
      clock.pass(31_000)
      await reconcileLedger(ctx)
      const all = await db.select().from(purchases).where(eq(purchases.userId, userId)).orderBy(purchases.createdAt)
      const left = await balanceOf(userId)
      seen.add(`${all.slice(made).map(one => one.status)} for ${(balance - left) / hbar} HBAR`)
      made = all.length
      balance = left
    },
  )
  assert.equal([...seen].sort(), [' for 0 HBAR', 'active for 10 HBAR'])
  assert.ok(steps > 12, `${steps} steps`)
})

test('the same operation again, whenever the first process died, is one purchase', async () => {
  const { userId, buy } = await newBuyer('hbar', 100n * price)
  const start = await balanceOf(userId)
  let count = 0n
  await atEveryStep(
    ctx,
    (mortal, step) => buy(mortal, `${userId} ${step}`),
    async step => {
      assert.is((await buy(ctx, `${userId} ${step}`)).status, 'active')
      count += 1n
      assert.is(await db.$count(purchases, eq(purchases.userId, userId)), Number(count))
      assert.is(start - (await balanceOf(userId)), count * price)
    },
    3,
  )
})

test('a relay may die at any step: each event is on the topic once', async () => {
  await drain(ctx)
  const before = await topicLength()
  const addEvent = () => {
    const printer_id = newId('printer', ctx.random)
    return appendLedgerEvent(ctx, db, { type: 'printer_revoked', public: { printer_id }, private: { user_id: '' } })
  }
  await addEvent()
  const steps = await atEveryStep(
    ctx,
    mortal => drain(mortal),
    async step => {
      clock.pass(61_000)
      await drain(ctx)
      assert.is((await topicLength()) - before, step)
      await addEvent()
    },
  )
  assert.ok(steps > 8, `${steps} steps`)
})

test('a slice is released when its fee is paid, once, wherever the process dies', async () => {
  const fee = ctx.settings.slicingFees.hbar!
  const earnedBefore = await hedera.ledger.balance(ctx.settings.feeAccountId)
  const { userId } = await newBuyer('hbar', 100n * fee)
  let slice = await newSlice(userId)
  let count = 0n
  await atEveryStep(
    ctx,
    mortal => chargeFee(mortal, slice.preparationId),
    async () => {
      clock.pass(6_000)
      await chargeFee(ctx, slice.preparationId)
      await reconcileLedger(ctx)
      assert.is((await slice.state()).status, 'completed')
      count += 1n
      slice = await newSlice(userId)
    },
    2,
  )
  const earned = (await hedera.ledger.balance(ctx.settings.feeAccountId)) - earnedBefore
  assert.is(earned, count * fee)
  assert.is(await balanceOf(userId), 100n * fee - earned)
})

async function topicLength(): Promise<number> {
  let last = 0
  for (;;) {
    const page = await hedera.ledger.topicMessages(ctx.settings.topicId, { after: last })
    if (page.length === 0) return last
    last = page.at(-1)!.sequence
  }
}

test.run()
