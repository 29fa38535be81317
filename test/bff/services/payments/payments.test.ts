import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { appendLedgerEvent, appendMessage } from '../../../../bff/services/outbox/append.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { advanceTransaction } from '../../../../bff/services/payments/advance.ts'
import { chargeFee } from '../../../../bff/services/preparation/charge-fee.ts'
import { findPurchase } from '../../../../bff/services/purchase/internal.ts'
import { openPayment } from '../../../../bff/services/purchase/open-payment.ts'
import { purchaseModel } from '../../../../bff/services/purchase/purchase.ts'
import { ledgerTransactions, preparations, purchases } from '../../../../schema/db/bff/index.ts'
import { AppError } from '../../../../schema/http/errors.ts'
import { newId } from '../../../../schema/http/ids.ts'
import { atEveryStep } from '../../../make/crash.ts'
import { hbar, license, makeMoney } from '../../../make/money.ts'
import { makePreparation, makePrinter, makeProfile } from '../../../make/prepared.ts'
import { reconcileLedger } from '../../../make/reconcile.ts'

const test = suite('ledger transactions')
const market = await makeMoney({ settings: { purchaseWaitSeconds: 2 }, dailyCapTinybar: 1_000_000n * hbar })
const { ctx, db, clock, fund, balanceOf, treasuryBalance, newModel, newUser, hedera } = market
test.after(market.close)

const price = 10n * hbar
const model = await newModel({ priceHbar: price, printsAllowed: 3 })

async function newBuyer(tinybar = price) {
  const { userId, ctx: buyer } = await newUser()
  await fund(userId, tinybar)
  const input = {
    user_id: userId,
    model_id: model.modelId,
    license_type: license,
    storage_currency: 'hbar' as const,
  }
  const buy = (as: Context = buyer, operation?: string) =>
    purchaseModel({ ...as, actor: buyer.actor }, input, operation)
  return { userId, buyer, buy }
}

/** A pending purchase as a process leaves it that died right after storing it. */
async function newPending(userId: string) {
  const purchaseId = newId('purchase', ctx.random)
  await db.insert(purchases).values({
    purchaseId,
    userId,
    modelId: model.modelId,
    licenseType: license,
    price,
    currency: 'hbar',
    printsAllowed: 3,
    status: 'pending',
    createdAt: ctx.clock(),
  })
  const found = await findPurchase(db, purchaseId)
  return { purchaseId, found: found! }
}

const stateOf = async (purchaseId: string) => {
  const found = await findPurchase(db, purchaseId)
  return [found?.purchase.status, found?.purchase.error]
}
const transactionsOf = (subjectId: string) =>
  db.select().from(ledgerTransactions).where(eq(ledgerTransactions.subjectId, subjectId))

test('an answer that is lost after the work was done does not pay twice', async () => {
  const { userId, buy } = await newBuyer(2n * price)
  hedera.faults.answersToLose = 1
  assert.is((await buy()).status, 'active')
  assert.is(await balanceOf(userId), price)
})

test('a network that is away answers pending; when it is back, the purchase is paid once', async () => {
  const { userId, buy } = await newBuyer(2n * price)
  hedera.faults.submissionsToRefuse = 1000
  const { status, purchase_id } = await buy()
  assert.is(status, 'pending')
  hedera.faults.submissionsToRefuse = 0
  clock.pass(6_000)
  await Promise.all([reconcileLedger(ctx), reconcileLedger(ctx), reconcileLedger(ctx)])
  assert.equal(await stateOf(purchase_id), ['active', null])
  assert.is(await balanceOf(userId), price)
  assert.is((await transactionsOf(purchase_id)).length, 1)
})

test('a payment that was sent by a process that died is found, not repeated', async () => {
  const { userId } = await newBuyer(2n * price)
  const { found } = await newPending(userId)
  const payment = (await openPayment(ctx, found))!
  await hedera.ledger.submit(payment.signedBytes)
  const ended = await advanceTransaction(ctx, payment.transactionId)
  assert.is(ended?.status, 'settled')
  await Promise.all([advanceTransaction(ctx, payment.transactionId), advanceTransaction(ctx, payment.transactionId)])
  assert.is(await balanceOf(userId), price)
})

test('a payment that was never sent fails when its time is over, and no money has moved', async () => {
  const { userId } = await newBuyer()
  const { purchaseId, found } = await newPending(userId)
  const payment = (await openPayment(ctx, found))!
  hedera.faults.submissionsToRefuse = 1000
  assert.is((await advanceTransaction(ctx, payment.transactionId))?.status, 'submitted')
  clock.pass(120_000)
  assert.is((await advanceTransaction(ctx, payment.transactionId))?.status, 'submitted')
  hedera.faults.mirrorLagMs = 60_000
  clock.pass(90_000)
  await advanceTransaction(ctx, payment.transactionId)
  assert.equal(await stateOf(purchaseId), ['pending', null], 'the mirror cannot know yet')
  hedera.faults.submissionsToRefuse = 0
  hedera.faults.mirrorLagMs = 0
  await advanceTransaction(ctx, payment.transactionId)
  assert.equal(await stateOf(purchaseId), ['failed', 'payment_failed'])
  await hedera.ledger.submit(payment.signedBytes)
  assert.is(await balanceOf(userId), price)
})

test('a purchase whose process died before the payment was stored is paid while it is fresh', async () => {
  const { userId } = await newBuyer()
  const { purchaseId } = await newPending(userId)
  clock.pass(31_000)
  await Promise.all([reconcileLedger(ctx), reconcileLedger(ctx)])
  assert.equal(await stateOf(purchaseId), ['active', null])
  assert.is(await balanceOf(userId), 0n)
})

test('a request that takes so long that its purchase was paid by another meanwhile answers what was paid', async () => {
  for (const isRefused of [false, true]) {
    const { userId, buy } = await newBuyer(2n * price)
    const sign: Context['cws']['sign'] = async (...what) => {
      clock.pass(31_000)
      await reconcileLedger(ctx)
      if (isRefused) throw new AppError('cws_unavailable', 'gone')
      return ctx.cws.sign(...what)
    }
    const { status, purchase_id } = await buy({ ...ctx, cws: { ...ctx.cws, sign } })
    assert.is(status, 'active')
    assert.equal(await stateOf(purchase_id), ['active', null])
    assert.is(await balanceOf(userId), price, 'paid once')
  }
})

test('and given up when it is old: nobody is charged for what they no longer wait for', async () => {
  const { userId } = await newBuyer()
  const { purchaseId } = await newPending(userId)
  clock.pass(121_000)
  await reconcileLedger(ctx)
  assert.equal(await stateOf(purchaseId), ['failed', 'payment_failed'])
  assert.is(await balanceOf(userId), price)
})

test('money that has moved grants its prints, even if the purchase was given up meanwhile', async () => {
  const { userId } = await newBuyer()
  const { purchaseId, found } = await newPending(userId)
  const payment = (await openPayment(ctx, found))!
  await db
    .update(purchases)
    .set({ status: 'failed', error: 'payment_failed' })
    .where(eq(purchases.purchaseId, purchaseId))
  await advanceTransaction(ctx, payment.transactionId, 1000)
  assert.equal(await stateOf(purchaseId), ['active', null])
})

test('a wallet that is empty when the transfer comes fails the purchase', async () => {
  const { userId } = await newBuyer(price)
  const [one, two] = [await newPending(userId), await newPending(userId)]
  const payments = [await openPayment(ctx, one.found), await openPayment(ctx, two.found)]
  for (const payment of payments) await advanceTransaction(ctx, payment!.transactionId, 1000)
  assert.equal(await stateOf(one.purchaseId), ['active', null])
  assert.equal(await stateOf(two.purchaseId), ['failed', 'insufficient_funds'])
})

test('a process may die at any step of a purchase: it is paid once and active, or never was', async () => {
  const seen = new Set<string>()
  const { userId, buy } = await newBuyer(100n * price)
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
  const { userId, buy } = await newBuyer(100n * price)
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
  const { userId } = await newBuyer(100n * fee)
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

test('a fee that cannot be paid fails the preparation, and its slice is deleted', async () => {
  await drain(ctx)
  const removed: string[] = []
  const bucket = { ...ctx.bucket, remove: async (uri: string) => void removed.push(uri) }
  const { userId } = await newBuyer(1n)
  const slice = await newSlice(userId)
  await appendMessage(ctx, db, {
    channel: 'charge-fee',
    type: 'charge_fee',
    payload: { preparation_id: slice.preparationId },
  })
  await drain({ ...ctx, bucket })
  const { status, errorCode } = await slice.state()
  assert.equal([status, errorCode], ['failed', 'insufficient_funds'])
  assert.equal(removed, [`gs://lmnt-test/gcode/${slice.preparationId}`])
  assert.is(await balanceOf(userId), 1n)
})

test('with faults in any order the books add up', async () => {
  const faults = fc.record({
    answersToLose: fc.nat(3),
    submissionsToRefuse: fc.nat(3),
    mirrorLagMs: fc.constantFrom(0, 3_000),
    twice: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(faults, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 4 }),
      async (runs, paid) => {
        const { userId, buy } = await newBuyer(BigInt(paid) * price + 1n)
        const treasury = await treasuryBalance(model.designerId)
        const buying = runs.map(async ({ twice, ...faults }, index) => {
          Object.assign(hedera.faults, faults)
          await Promise.allSettled(twice ? [buy(), buy()] : [buy(undefined, `${userId} ${index}`)])
        })
        await Promise.all(buying)
        Object.assign(hedera.faults, { answersToLose: 0, submissionsToRefuse: 0, mirrorLagMs: 0 })
        clock.pass(31_000)
        await reconcileLedger(ctx)
        const made = await db.select().from(purchases).where(eq(purchases.userId, userId))
        const active = made.filter(one => one.status === 'active')
        assert.is(made.filter(one => one.status === 'pending').length, 0)
        assert.is(await balanceOf(userId), BigInt(paid - active.length) * price + 1n)
        assert.is((await treasuryBalance(model.designerId)) - treasury, BigInt(active.length) * price)
      },
    ),
    { numRuns: 5, endOnFailure: true },
  )
})

async function topicLength(): Promise<number> {
  let last = 0
  for (;;) {
    const page = await hedera.ledger.topicMessages(ctx.settings.topicId, { after: last })
    if (page.length === 0) return last
    last = page.at(-1)!.sequence
  }
}

/** A preparation whose slice is stored and whose fee is due. */
async function newSlice(userId: string) {
  const { purchaseId } = await newPending(userId)
  await db.update(purchases).set({ status: 'active' }).where(eq(purchases.purchaseId, purchaseId))
  const profileId = await makeProfile(market, userId)
  const printerId = await makePrinter(market, userId)
  const preparationId = await makePreparation(market, { purchaseId, printerId, profileId })
  const isIt = eq(preparations.preparationId, preparationId)
  const inPayment = { status: 'in_progress', step: 'payment', slicingFee: ctx.settings.slicingFees.hbar! } as const
  await db.update(preparations).set(inPayment).where(isIt)
  return { preparationId, state: async () => (await db.select().from(preparations).where(isIt))[0]! }
}

test.run()
