import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { advanceTransaction } from '../../../../bff/services/payments/advance.ts'
import { openPayment } from '../../../../bff/services/purchase/open-payment.ts'
import { purchases } from '../../../../schema/db/bff/index.ts'
import { AppError } from '../../../../schema/http/errors.ts'
import { makePayments, prices } from '../../../make/payments.ts'
import { reconcileLedger } from '../../../make/reconcile.ts'

const test = suite('ledger transactions')
const market = await makePayments({ settings: { purchaseWaitSeconds: 2 } })
const { balanceOf, clock, ctx, db, hedera, model, newBuyer, newPending, stateOf, transactionsOf, treasuryBalance } =
  market
test.after(market.close)

const price = prices.hbar

test('an answer that is lost after the work was done does not pay twice', async () => {
  const { userId, buy } = await newBuyer('hbar', 2n * price)
  hedera.faults.answersToLose = 1
  assert.is((await buy()).status, 'active')
  assert.is(await balanceOf(userId), price)
})

test('a network that is away answers pending; when it is back, the purchase is paid once', async () => {
  const { userId, buy } = await newBuyer('hbar', 2n * price)
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
  const { userId } = await newBuyer('hbar', 2n * price)
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
    const { userId, buy } = await newBuyer('hbar', 2n * price)
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
  const { userId } = await newBuyer()
  const [one, two] = [await newPending(userId), await newPending(userId)]
  const payments = [await openPayment(ctx, one.found), await openPayment(ctx, two.found)]
  for (const payment of payments) await advanceTransaction(ctx, payment!.transactionId, 1000)
  assert.equal(await stateOf(one.purchaseId), ['active', null])
  assert.equal(await stateOf(two.purchaseId), ['failed', 'insufficient_funds'])
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
        const { userId, buy } = await newBuyer('hbar', BigInt(paid) * price + 1n)
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

test.run()
