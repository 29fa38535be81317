/** An operator gives purchases back. */
import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { purchaseModel } from '../../../../bff/services/purchase/purchase.ts'
import { refundPurchase } from '../../../../bff/services/purchase/refund.ts'
import { getReceipt } from '../../../../bff/services/receipt/get.ts'
import { walletOf } from '../../../../bff/services/wallet/account.ts'
import { operatorActs, outbox, preparations, purchases } from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { atEveryStep } from '../../../make/crash.ts'
import { hbar, license, makeMoney, type TestModel } from '../../../make/money.ts'
import { makePreparation, makePrinter, makeProfile } from '../../../make/prepared.ts'
import { reconcileLedger } from '../../../make/reconcile.ts'

const test = suite('refunds')
const market = await makeMoney({
  withPrint: true,
  settings: { purchaseWaitSeconds: 1 },
  dailyCapTinybar: 1_000_000n * hbar,
})
const { ctx, db, clock, operator, newBuyer, balanceOf, printBalanceOf, treasuryBalance, newModel } = market
const { hedera } = market
test.after(market.close)

type TestUser = Awaited<ReturnType<typeof newBuyer>>

const price = 10n * hbar
const reason = 'the model cannot be printed'

const order = (user: Context, { modelId }: TestModel, storage_currency: 'hbar' | 'print' = 'hbar') => ({
  user_id: user.actor?.kind === 'user' ? user.actor.userId : '',
  model_id: modelId,
  license_type: license,
  storage_currency,
})

const terms = { priceHbar: price, pricePrint: 500n, printsAllowed: 3 }

const funds = { hbar: { hbar: price }, print: { print: 500n } }

/** A paid purchase; all that its buyer had is spent on it. */
async function bought(currency: 'hbar' | 'print' = 'hbar', by?: { model: TestModel; user: TestUser }) {
  const model = by?.model ?? (await newModel(terms))
  const user = by?.user ?? (await newBuyer(funds[currency]))
  const { purchase_id: purchaseId } = await purchaseModel(user.ctx, order(user.ctx, model, currency))
  const row = async () => (await db.select().from(purchases).where(eq(purchases.purchaseId, purchaseId)))[0]!
  const state = async () => {
    const { status, printsAllowed, printsUsed } = await row()
    return [status, printsAllowed, printsUsed]
  }
  return { purchaseId, model, user, state, refund: (as = operator) => refundPurchase(as, { purchaseId, reason }) }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    error => {
      if (isAppError(error)) return error.code
      throw error
    },
  )
}

/** A slice that could be printed. */
async function prepared(purchaseId: string, userId: string) {
  const profileId = await makeProfile(market, userId)
  const printerId = await makePrinter(market, userId)
  return makePreparation(market, { purchaseId, printerId, profileId })
}

test('the price goes back to the wallet, the unused prints are gone, and the ledger tells it', async () => {
  const { purchaseId, model, user, state, refund } = await bought()
  await db.update(purchases).set({ printsUsed: 1 }).where(eq(purchases.purchaseId, purchaseId))
  assert.is((await refund()).status, 'settled')
  assert.equal(await state(), ['refunded', 1, 1])
  assert.is(await balanceOf(user.userId), price)
  assert.is(await treasuryBalance(model.designerId), 0n)
  await drain(ctx)
  const receipt = await getReceipt(user.ctx, purchaseId)
  assert.equal([receipt.refund?.status, receipt.refund?.amount], ['settled', { amount: '10', currency: 'hbar' }])
  const event = JSON.parse(receipt.events.at(-1)!.event)
  assert.equal([event.type, event.amount, event.prints_withdrawn, event.reason], ['model_refund', '10', 2, reason])
  assert.ok(receipt.events.at(-1)!.sequence_number)
})

test('a payment in PRINT is refunded in PRINT', async () => {
  const { user, state, refund } = await bought('print')
  assert.is((await refund()).status, 'settled')
  assert.equal(await state(), ['refunded', 0, 0])
  assert.is(await printBalanceOf(user.userId), 500n)
})

test('asked for ten times at once and again later, it goes back once', async () => {
  const { purchaseId, user, refund } = await bought()
  const answers = await Promise.allSettled(Array.from({ length: 10 }, () => refund()))
  assert.ok(answers.some(one => one.status === 'fulfilled' && one.value.status === 'settled'))
  assert.is((await refund()).status, 'settled')
  assert.is(await balanceOf(user.userId), price)
  const events = await db.select().from(outbox).where(eq(outbox.purchaseId, purchaseId))
  assert.is(events.filter(one => one.type === 'model_refund').length, 1)
})

test('only an operator gives back, and only what is paid', async () => {
  const { purchaseId, user, refund } = await bought()
  assert.is(await codeOf(refund(user.ctx)), 'forbidden')
  assert.is(await codeOf(refund({ ...operator, cws: ctx.cws })), 'forbidden', "not by the bff's own account")
  await db.update(purchases).set({ status: 'failed' }).where(eq(purchases.purchaseId, purchaseId))
  assert.is(await codeOf(refund()), 'purchase_not_active')
  const unknown = refundPurchase(operator, { purchaseId: `purch_${'0'.repeat(26)}`, reason })
  assert.is(await codeOf(unknown), 'not_found')
  assert.is(await balanceOf(user.userId), 0n)
})

test('a purchase that is being printed or sliced is not given back', async () => {
  const { purchaseId, user, state, refund } = await bought()
  const preparationId = await prepared(purchaseId, user.userId)
  await requestPrint(user.ctx, { user_id: user.userId, purchase_id: purchaseId })
  assert.is(await codeOf(refund()), 'purchase_in_use')
  await db.update(purchases).set({ printsReserved: 0 }).where(eq(purchases.purchaseId, purchaseId))
  const isIt = eq(preparations.preparationId, preparationId)
  await db.update(preparations).set({ status: 'in_progress' }).where(isIt)
  assert.is(await codeOf(refund()), 'purchase_in_use')
  assert.equal(await state(), ['active', 3, 0])
  await db.update(preparations).set({ status: 'completed' }).where(isIt)
  assert.is((await refund()).status, 'settled')
})

test('once its money is on the way back, nothing of it is printed', async () => {
  const { purchaseId, user, state, refund } = await bought()
  await prepared(purchaseId, user.userId)
  hedera.faults.submissionsToRefuse = 1000
  assert.is((await refund()).status, 'submitted')
  assert.equal(await state(), ['active', 0, 0])
  const print = requestPrint(user.ctx, { user_id: user.userId, purchase_id: purchaseId })
  assert.is(await codeOf(print), 'no_rights_left')
  hedera.faults.submissionsToRefuse = 0
  clock.pass(6_000)
  await reconcileLedger(ctx)
  assert.equal(await state(), ['refunded', 0, 0])
  assert.is(await balanceOf(user.userId), price)
})

test('a refund that the network refuses gives the prints back, and may be tried again', async () => {
  const { purchaseId, user, state, refund } = await bought('print')
  const { accountId } = await walletOf(ctx, user.userId)
  await hedera.freeze(accountId, ctx.settings.printTokenId!, true)
  assert.is((await refund()).status, 'failed')
  assert.equal(await state(), ['active', 3, 0])
  await hedera.freeze(accountId, ctx.settings.printTokenId!, false)
  assert.is((await refund()).status, 'settled')
  assert.equal(await state(), ['refunded', 0, 0])
  assert.is(await printBalanceOf(user.userId), 500n)
  // Both stay on record: who looks later sees the one that failed, too.
  const acts = await db.select().from(operatorActs).where(eq(operatorActs.subjectId, purchaseId))
  const act = ['refund', { reason, prints_withdrawn: 3 }]
  assert.equal(
    acts.map(one => [one.act, one.detail]),
    [act, act],
  )
})

test('a refund that never reached the network is over with its validity', async () => {
  const { user, state, refund } = await bought()
  hedera.faults.submissionsToRefuse = 1000
  assert.is((await refund()).status, 'submitted')
  clock.pass(240_000)
  await reconcileLedger(ctx)
  hedera.faults.submissionsToRefuse = 0
  assert.equal(await state(), ['active', 3, 0])
  assert.is(await balanceOf(user.userId), 0n)
  assert.is((await refund()).status, 'settled')
  assert.is(await balanceOf(user.userId), price)
})

test('the command may die at any step: the money goes back once, and the prints with it', async () => {
  // Its one buyer spends again what comes back.
  const by = { model: await newModel(terms), user: await newBuyer(funds.hbar) }
  let one = await bought('hbar', by)
  const steps = await atEveryStep(
    operator,
    mortal => one.refund(mortal),
    async () => {
      clock.pass(6_000)
      await reconcileLedger(ctx)
      // What was signed and never stored must be over before the CWS signs another.
      clock.pass(240_000)
      await reconcileLedger(ctx)
      const [status, allowed] = await one.state()
      const back = await balanceOf(one.user.userId)
      const isWhole = status === 'refunded' ? back === price && allowed === 0 : back === 0n && allowed === 3
      assert.ok(isWhole, `${status} with ${allowed} prints and ${back} tinybar`)
      assert.is((await one.refund()).status, 'settled')
      assert.is(await balanceOf(one.user.userId), price)
      assert.equal(await one.state(), ['refunded', 0, 0])
      one = await bought('hbar', by)
    },
  )
  assert.ok(steps > 10, `${steps} steps`)
})

test.run()
