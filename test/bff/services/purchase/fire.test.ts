/** A thousand purchases at once by one wallet: exactly as many as it can pay for. */
import { and, eq, inArray } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { purchaseModel } from '../../../../bff/services/purchase/purchase.ts'
import { ledgerTransactions, purchases } from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { hbar, license, makeMoney } from '../../../make/money.ts'
import { reconcileLedger } from '../../../make/reconcile.ts'

const test = suite('a thousand purchases at once')
const price = 10n * hbar
const many = 1000
// A cap for ten of them: what is signed counts against it, whether or not it can be paid.
const market = await makeMoney({ dailyCapTinybar: 10n * price })
const { db, ctx, clock, fund, balanceOf, treasuryBalance, newModel, newUser } = market
test.after(market.close)

test('with funds for three exactly three are paid, and the others are refused for want of funds', async () => {
  const model = await newModel({ priceHbar: price })
  const { userId, ctx: buyer } = await newUser()
  await fund(userId, 3n * price + 1n)
  const order = { user_id: userId, model_id: model.modelId, license_type: license, storage_currency: 'hbar' as const }
  const answers = await Promise.allSettled(Array.from({ length: many }, () => purchaseModel(buyer, order)))

  const refusals = answers.flatMap(one => (one.status === 'rejected' ? [one.reason] : []))
  const codes = new Set(refusals.map(error => (isAppError(error) ? error.code : String(error))))
  assert.equal([...codes], ['insufficient_funds'])
  // On a slow machine some may still have waited for the ledger when they were answered.
  clock.pass(31_000)
  await reconcileLedger(ctx)
  const isHis = eq(purchases.userId, userId)
  assert.is(await db.$count(purchases, and(isHis, eq(purchases.status, 'active'))), 3)
  assert.is(await db.$count(purchases, and(isHis, eq(purchases.status, 'pending'))), 0)
  assert.is(await balanceOf(userId), 1n)
  assert.is(await treasuryBalance(model.designerId), 3n * price)
  const sent = inArray(ledgerTransactions.status, ['created', 'submitted', 'settled'])
  assert.is(await db.$count(ledgerTransactions, sent), 3)
})

test.run()
