import { createHash } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { listPurchases } from '../../../../bff/services/purchase/list.ts'
import { purchaseModel } from '../../../../bff/services/purchase/purchase.ts'
import { getReceipt } from '../../../../bff/services/receipt/get.ts'
import { getWallet } from '../../../../bff/services/wallet/get.ts'
import { ledgerTransactions, purchases } from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { hbar, license, makeMoney, type TestModel } from '../../../make/money.ts'

const test = suite('purchases')
const market = await makeMoney()
const { ctx, db, fund, balanceOf, treasuryBalance, newBuyer, newModel, newUser, hedera } = market
test.after(market.close)

const order = (user: Context, { modelId }: TestModel, changes = {}) => ({
  user_id: user.actor?.kind === 'user' ? user.actor.userId : '',
  model_id: modelId,
  license_type: license,
  storage_currency: 'hbar' as const,
  ...changes,
})

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    error => {
      if (isAppError(error)) return error.code
      throw error
    },
  )
}

test('a purchase is paid from the wallet to the treasury, and grants its prints', async () => {
  const model = await newModel({ priceHbar: 10n * hbar, printsAllowed: 3 })
  const { userId, ctx: buyer } = await newBuyer({ hbar: 25n * hbar })

  const purchase = await purchaseModel(buyer, order(buyer, model))
  assert.is(purchase.status, 'active')
  assert.is(purchase.prints_allowed, 3)
  assert.equal(purchase.price, { amount: '10', currency: 'hbar' })
  assert.is(await balanceOf(userId), 15n * hbar)
  assert.is(await treasuryBalance(model.designerId), 10n * hbar)
  assert.equal(
    (await listPurchases(buyer, { limit: 10 })).purchases.map(one => one.purchase_id),
    [purchase.purchase_id],
  )
  assert.equal((await getWallet(buyer, {})).balances, [{ amount: '15', currency: 'hbar' }])
})

test('a designer may buy, his own model too, and sees his treasury as his wallet', async () => {
  const model = await newModel()
  const designer = market.as({ kind: 'user', userId: model.designerId, role: 'designer' })
  await fund(model.designerId, 10n * hbar)
  assert.is((await purchaseModel(designer, order(designer, model))).status, 'active')
  assert.equal((await getWallet(designer, {})).balances, [{ amount: '10', currency: 'hbar' }])
  assert.equal((await getWallet(designer, { purpose: 'wallet' })).balances, [{ amount: '0', currency: 'hbar' }])
  const { ctx: buyer } = await newUser()
  assert.is(await codeOf(getWallet(buyer, { purpose: 'treasury' })), 'forbidden')
})

test('an invalid purchase is refused before anything is stored', async () => {
  const model = await newModel()
  const forPrint = await newModel({ priceHbar: null, pricePrint: 500n })
  const { userId, ctx: buyer } = await newBuyer({ hbar: 10n * hbar - 1n })
  const unknown = { modelId: `model_${'0'.repeat(26)}`, designerId: '' }
  const stranger = await newUser()

  assert.is(await codeOf(purchaseModel(buyer, order(buyer, unknown))), 'not_found')
  assert.is(await codeOf(purchaseModel(buyer, order(buyer, model, { license_type: 'forever' }))), 'license_not_offered')
  assert.is(
    await codeOf(purchaseModel(buyer, order(buyer, model, { storage_currency: 'print' }))),
    'currency_not_accepted',
  )
  assert.is(await codeOf(purchaseModel(buyer, order(buyer, forPrint))), 'currency_not_accepted')
  assert.is(await codeOf(purchaseModel(buyer, order(buyer, model))), 'insufficient_funds')
  assert.is(await codeOf(purchaseModel(buyer, order(stranger.ctx, model))), 'forbidden')
  assert.is(await codeOf(purchaseModel({ ...ctx, actor: null }, order(buyer, model))), 'unauthenticated')
  assert.is(await db.$count(purchases, eq(purchases.userId, userId)), 0)
})

test('twenty purchases at once, with money for three, make three', async () => {
  const model = await newModel({ priceHbar: 10n * hbar })
  const { userId, ctx: buyer } = await newBuyer({ hbar: 35n * hbar })
  const answers = await Promise.allSettled(Array.from({ length: 20 }, () => purchaseModel(buyer, order(buyer, model))))

  const active = answers.filter(one => one.status === 'fulfilled' && one.value.status === 'active')
  const refused = answers.filter(one => one.status === 'rejected').map(one => one.reason.code)
  assert.is(active.length, 3)
  assert.equal(refused, Array(17).fill('insufficient_funds'))
  const isHis = eq(purchases.userId, userId)
  assert.is(await db.$count(purchases, and(isHis, eq(purchases.status, 'active'))), 3)
  assert.is(await db.$count(purchases, and(isHis, eq(purchases.status, 'pending'))), 0)
  assert.is(await balanceOf(userId), 5n * hbar)
  assert.is(await treasuryBalance(model.designerId), 30n * hbar)
})

test('a receipt can be checked against the public topic by anyone who holds it', async () => {
  const model = await newModel()
  const { userId, ctx: buyer } = await newBuyer({ hbar: 10n * hbar })
  const { purchase_id } = await purchaseModel(buyer, order(buyer, model))
  assert.is((await getReceipt(buyer, purchase_id)).events[0]?.sequence_number, null)
  await drain(ctx)

  const receipt = await getReceipt(buyer, purchase_id)
  assert.is(receipt.payment.status, 'settled')
  assert.match(receipt.payment.consensus_timestamp ?? '', /^\d+\.\d{9}$/)
  const [event] = receipt.events
  assert.is(receipt.events.length, 1)
  assert.is(event?.type, 'model_purchase')
  const published = await hedera.ledger.topicMessages(receipt.topic_id, {
    after: (event?.sequence_number ?? 0) - 1,
    limit: 1,
  })
  const text = published[0]!.message.toString()
  const message = JSON.parse(text)
  const digest = createHash('sha256').update(Buffer.from(event!.salt, 'hex')).update(event!.event).digest('hex')
  assert.is(message.digest, digest)
  assert.is(event!.digest, digest)
  assert.is(published[0]!.consensusTimestamp, event!.consensus_timestamp)
  assert.is(JSON.parse(event!.event).transaction_id, receipt.payment.transaction_id)
  assert.equal([message.type, message.price, message.prints_allowed], ['model_purchase', '10', 3])
  for (const secret of [userId, model.modelId, 'Gear'])
    assert.not.ok(text.includes(secret), `the topic shows ${secret}`)

  const { ctx: stranger } = await newUser()
  assert.is(await codeOf(getReceipt(stranger, purchase_id)), 'forbidden')
})

test('a wallet at its daily cap is refused, and the purchase has failed with that code', async () => {
  const poor = await makeMoney({ dailyCapTinybar: 15n * hbar })
  const model = await poor.newModel()
  const { userId, ctx: buyer } = await poor.newBuyer({ hbar: 100n * hbar })
  assert.is((await purchaseModel(buyer, order(buyer, model))).status, 'active')
  assert.is(await codeOf(purchaseModel(buyer, order(buyer, model))), 'daily_cap_exceeded')
  assert.equal((await listPurchases(buyer, { limit: 10 })).purchases.map(one => [one.status, one.error]).sort(), [
    ['active', null],
    ['failed', 'daily_cap_exceeded'],
  ])
  assert.is(await poor.balanceOf(userId), 90n * hbar)
  assert.is(await poor.db.$count(ledgerTransactions), 1)
  await poor.close()
})

test.run()
