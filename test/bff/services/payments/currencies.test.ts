/** Purchases and fees, paid in each of the two currencies. */
import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { chargeFee } from '../../../../bff/services/preparation/charge-fee.ts'
import { ledgerTransactions, purchases } from '../../../../schema/db/bff/index.ts'
import { atEveryStep } from '../../../make/crash.ts'
import { hbar } from '../../../make/money.ts'
import { codeOf, makePayments, prices } from '../../../make/payments.ts'
import { reconcileLedger } from '../../../make/reconcile.ts'

const test = suite('payments in either currency')
const market = await makePayments({ withPrint: true, settings: { purchaseWaitSeconds: 1 } })
const { clock, ctx, db, hedera, newBuyer, newSlice } = market
test.after(market.close)

for (const currency of ['hbar', 'print'] as const) {
  test(`a process may die at any step of a purchase in ${currency}: it is paid once and active, or never was`, async () => {
    const { userId, buy, balance } = await newBuyer(currency, 60n * prices[currency])
    const seen = new Set<string>()
    let [made, left] = [0, await balance()]
    const steps = await atEveryStep(
      ctx,
      mortal => buy(mortal),
      async () => {
        clock.pass(31_000)
        await Promise.all([reconcileLedger(ctx), reconcileLedger(ctx)])
        const all = await db.select().from(purchases).where(eq(purchases.userId, userId)).orderBy(purchases.createdAt)
        const now = await balance()
        seen.add(`${all.slice(made).map(one => one.status)} for ${(left - now) / prices[currency]}`)
        ;[made, left] = [all.length, now]
      },
      2,
    )
    assert.equal([...seen].sort(), [' for 0', 'active for 1'])
    assert.ok(steps > 12, `${steps} steps`)
  })

  test(`a slice whose fee is in ${currency} is released when the fee is paid, once, wherever the process dies`, async () => {
    const fee = ctx.settings.slicingFees[currency]!
    const { userId, balance } = await newBuyer(currency, 2n * prices[currency])
    const before = await balance()
    const earned = () =>
      currency === 'hbar'
        ? hedera.ledger.balance(ctx.settings.feeAccountId)
        : hedera.ledger.tokenBalance(ctx.settings.feeAccountId, ctx.settings.printTokenId!)
    const earnedBefore = await earned()
    let slice = await newSlice(userId, currency)
    let count = 0n
    await atEveryStep(
      ctx,
      mortal => chargeFee(mortal, slice.preparationId),
      async () => {
        clock.pass(6_000)
        await Promise.all([chargeFee(ctx, slice.preparationId), reconcileLedger(ctx)])
        assert.is((await slice.state()).status, 'completed')
        count += 1n
        slice = await newSlice(userId, currency)
      },
      3,
    )
    assert.is(before - (await balance()), count * fee)
    assert.is((await earned())! - earnedBefore!, count * fee)
  })

  test(`a fee in ${currency} that fails on the ledger fails the preparation, and its slice is deleted`, async () => {
    await drain({ ...ctx, bucket: { ...ctx.bucket, remove: async () => {} } })
    const { userId } = await newBuyer(currency, 0n)
    const slice = await newSlice(userId, currency)
    const removed: string[] = []
    await chargeFee(ctx, slice.preparationId)
    await drain({ ...ctx, bucket: { ...ctx.bucket, remove: async uri => void removed.push(uri) } })
    const { status, errorCode } = await slice.state()
    assert.equal([status, errorCode], ['failed', 'insufficient_funds'])
    assert.equal(removed, [`gs://lmnt-test/gcode/${slice.preparationId}`])
  })

  test(`funds in ${currency} that were there when asked for, and are gone at consensus, fail the purchase`, async () => {
    const { buy, balance, states } = await newBuyer(currency)
    const seen = await balance()
    const rich: Context['ledger'] = {
      ...ctx.ledger,
      balance: async () => 2n * seen + hbar,
      tokenBalance: async () => 2n * seen,
    }
    assert.is((await buy()).status, 'active')
    assert.is(await codeOf(buy({ ...ctx, ledger: rich })), 'insufficient_funds')
    assert.equal((await states()).sort(), [
      ['active', null],
      ['failed', 'insufficient_funds'],
    ])
    assert.is(await balance(), 0n)
  })

  test(`a payment in ${currency} that six workers take up at once is paid once`, async () => {
    const { buy, balance } = await newBuyer(currency, 2n * prices[currency])
    hedera.faults.answersToLose = 1
    hedera.faults.submissionsToRefuse = 1
    const first = await buy()
    hedera.faults.submissionsToRefuse = 0
    clock.pass(6_000)
    await Promise.all(Array.from({ length: 6 }, () => reconcileLedger(ctx)))
    hedera.faults.answersToLose = 0
    clock.pass(6_000)
    await reconcileLedger(ctx)
    const rows = await db.select().from(ledgerTransactions).where(eq(ledgerTransactions.subjectId, first.purchase_id))
    assert.equal(
      rows.map(row => row.status),
      ['settled'],
    )
    assert.is(await balance(), prices[currency])
  })
}

test.run()
