/** Purchases and fees in PRINT. */
import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { purchaseModel } from '../../../../bff/services/purchase/purchase.ts'
import { getReceipt } from '../../../../bff/services/receipt/get.ts'
import { walletOf } from '../../../../bff/services/wallet/account.ts'
import { getWallet } from '../../../../bff/services/wallet/get.ts'
import { purchases, wallets } from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { hbar, license, makeMoney, type TestModel } from '../../../make/money.ts'

const test = suite('purchases in PRINT')
const market = await makeMoney({ withPrint: true })
const { ctx, db, fund, fundPrint, balanceOf, printBalanceOf, newModel, newUser, hedera } = market
const tokenId = ctx.settings.printTokenId!
test.after(market.close)

const order = (user: Context, { modelId }: TestModel, storage_currency: 'hbar' | 'print' = 'print') => ({
  user_id: user.actor?.kind === 'user' ? user.actor.userId : '',
  model_id: modelId,
  license_type: license,
  storage_currency,
})

async function refusalOf(work: Promise<unknown>): Promise<[code: string, message: string]> {
  try {
    await work
  } catch (error) {
    if (isAppError(error)) return [error.code, error.message]
    throw error
  }
  return ['no error', '']
}
const codeOf = async (work: Promise<unknown>) => (await refusalOf(work))[0]

const treasuryOf = async (designerId: string) => {
  const rows = await db.select().from(wallets).where(eq(wallets.userId, designerId))
  return rows.find(one => one.purpose === 'treasury')!.accountId
}

test('a purchase in PRINT moves PRINT, and the wallet, the receipt and the ledger say so', async () => {
  const model = await newModel({ priceHbar: 10n * hbar, pricePrint: 550n })
  const { userId, ctx: buyer } = await newUser()
  await fundPrint(userId, 1000n)
  const purchase = await purchaseModel(buyer, order(buyer, model))
  assert.is(purchase.status, 'active')
  assert.equal(purchase.price, { amount: '5.5', currency: 'print' })
  assert.is(await printBalanceOf(userId), 450n)
  assert.is(await hedera.ledger.tokenBalance(await treasuryOf(model.designerId), tokenId), 550n)
  assert.equal((await getWallet(buyer, {})).balances, [
    { amount: '0', currency: 'hbar' },
    { amount: '4.5', currency: 'print' },
  ])
  await drain(ctx)
  const receipt = await getReceipt(buyer, purchase.purchase_id)
  assert.equal(receipt.payment.amount, { amount: '5.5', currency: 'print' })
  const { price, currency } = JSON.parse(receipt.events[0]!.event)
  assert.equal([price, currency], ['5.5', 'print'])
})

test('a price in the other currency only is refused, and says what it costs', async () => {
  const forHbar = await newModel({ priceHbar: 10n * hbar })
  const forPrint = await newModel({ priceHbar: null, pricePrint: 500n })
  const { ctx: buyer } = await newUser()
  assert.equal(await refusalOf(purchaseModel(buyer, order(buyer, forHbar))), [
    'currency_not_accepted',
    `"${license}" is not sold for PRINT. Pay with 10 HBAR.`,
  ])
  assert.equal(await refusalOf(purchaseModel(buyer, order(buyer, forPrint, 'hbar'))), [
    'currency_not_accepted',
    `"${license}" is not sold for HBAR. Pay with 5 PRINT.`,
  ])
})

test('HBAR does not pay a price in PRINT, nor PRINT one in HBAR', async () => {
  const model = await newModel({ priceHbar: 10n * hbar, pricePrint: 500n })
  const rich = await newUser()
  await fund(rich.userId, 100n * hbar)
  assert.is(await codeOf(purchaseModel(rich.ctx, order(rich.ctx, model))), 'insufficient_funds')
  const other = await newUser()
  await fundPrint(other.userId, 1000n)
  assert.is(await codeOf(purchaseModel(other.ctx, order(other.ctx, model, 'hbar'))), 'insufficient_funds')
  assert.equal([await balanceOf(rich.userId), await printBalanceOf(other.userId)], [100n * hbar, 1000n])
})

test('a payment that the network refuses fails the purchase permanently, and the wallet is unchanged', async () => {
  const model = await newModel({ priceHbar: null, pricePrint: 500n })
  const { userId, ctx: buyer } = await newUser()
  await fundPrint(userId, 1000n)
  const { accountId } = await walletOf(ctx, userId)
  await hedera.freeze(accountId, tokenId, true)
  assert.is(await codeOf(purchaseModel(buyer, order(buyer, model))), 'payment_failed')
  await hedera.freeze(accountId, tokenId, false)
  assert.is(await printBalanceOf(userId), 1000n)
  const made = await db.select().from(purchases).where(eq(purchases.userId, userId))
  assert.equal(
    made.map(one => [one.status, one.error]),
    [['failed', 'payment_failed']],
  )
})

test('twenty at once, with PRINT for three, make three', async () => {
  const model = await newModel({ priceHbar: null, pricePrint: 500n })
  const { userId, ctx: buyer } = await newUser()
  await fundPrint(userId, 1700n)
  const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(purchaseModel(buyer, order(buyer, model)))))
  assert.is(codes.filter(code => code === 'no error').length, 3)
  assert.is(codes.filter(code => code === 'insufficient_funds').length, 17)
  assert.is(await printBalanceOf(userId), 200n)
})

test('accounts from before there was PRINT learn to hold it when they are used', async () => {
  const plain = { ...ctx, settings: { ...ctx.settings, printTokenId: undefined } }
  const model = await newModel({ priceHbar: 10n * hbar, pricePrint: 500n })
  const { userId, ctx: buyer } = await newUser()
  await fund(userId, 10n * hbar)
  // As the rows were then: neither database knows of a token.
  const accounts = [await treasuryOf(model.designerId), (await walletOf(plain, userId)).accountId]
  await db.update(wallets).set({ tokenId: null })
  await market.cws.sql`UPDATE wallets SET token_id = NULL WHERE account_id IN ${market.cws.sql(accounts)}`
  await fundPrint(userId, 500n)
  assert.is((await purchaseModel(buyer, order(buyer, model))).status, 'active')
  const known = await db.select().from(wallets).where(eq(wallets.userId, userId))
  assert.is(known[0]?.tokenId, tokenId)
})

test('the wallet tells what a preparation costs, in each currency that is accepted', async () => {
  const { ctx: user } = await newUser()
  assert.equal((await getWallet(user, {})).slicing_fees, [
    { amount: '0.5', currency: 'hbar' },
    { amount: '0.25', currency: 'print' },
  ])
  const withoutFee = { ...user, settings: { ...user.settings, slicingFees: { hbar: 0n } } }
  assert.equal((await getWallet(withoutFee, {})).slicing_fees, [{ amount: '0', currency: 'hbar' }])
})

test('a marketplace without the token says that it does not take PRINT', async () => {
  const plain = await makeMoney()
  const model = await plain.newModel({ pricePrint: 500n })
  const { ctx: buyer } = await plain.newUser()
  const [code, message] = await refusalOf(purchaseModel(buyer, order(buyer, model)))
  assert.is(code, 'currency_not_accepted')
  assert.match(message, /does not take PRINT/)
  assert.equal((await getWallet(buyer, {})).balances, [{ amount: '0', currency: 'hbar' }])
  await plain.close()
})

test.run()
