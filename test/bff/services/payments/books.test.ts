/** Purchases, fees and refunds in any order, with faults and deaths in any place: the ledger and the database tell one story. */
import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { chargeFee } from '../../../../bff/services/preparation/charge-fee.ts'
import { purchaseModel } from '../../../../bff/services/purchase/purchase.ts'
import { refundPurchase } from '../../../../bff/services/purchase/refund.ts'
import { treasuryOf, walletOf } from '../../../../bff/services/wallet/account.ts'
import { balanceIn } from '../../../../bff/services/wallet/balance.ts'
import { ledgerTransactions, preparations, purchases, refunds } from '../../../../schema/db/bff/index.ts'
import { crashingAt } from '../../../make/crash.ts'
import { hbar, license, makeMoney } from '../../../make/money.ts'
import { makePreparation, makePrinter, makeProfile } from '../../../make/prepared.ts'
import { reconcileLedger } from '../../../make/reconcile.ts'

const test = suite('the books')
const market = await makeMoney({
  withPrint: true,
  settings: { purchaseWaitSeconds: 1 },
  dailyCapTinybar: 1_000_000n * hbar,
})
const { ctx, db, clock, operator, fund, fundPrint, newModel, newUser, hedera } = market
test.after(market.close)

const currencies = ['hbar', 'print'] as const
type Currency = (typeof currencies)[number]
const prices = { hbar: 10n * hbar, print: 500n }
const model = await newModel({ priceHbar: prices.hbar, pricePrint: prices.print })
const treasury = (await treasuryOf(ctx, model.designerId)).accountId

const step = fc.record({
  does: fc.constantFrom('buy', 'buy', 'slice', 'refund'),
  currency: fc.constantFrom(...currencies),
  /** At which of its steps the process that does it dies; far beyond the last: not at all. */
  diesAt: fc.constantFrom(3, 6, 9, 12, 15, 1000, 1000, 1000),
  fault: fc.constantFrom({}, {}, { answersToLose: 1 }, { submissionsToRefuse: 2 }, { busyAnswers: 1 }),
  /** How long nothing happens then. */
  passes: fc.constantFrom(0, 6_000, 31_000, 240_000),
})

test('after kills and lost answers, the balances equal the database, and no money appears or disappears', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 8 }), async steps => {
      const { userId, ctx: buyer } = await newUser()
      const paid = { hbar: 3n * prices.hbar, print: 3n * prices.print }
      await fund(userId, paid.hbar)
      await fundPrint(userId, paid.print)
      const wallet = (await walletOf(ctx, userId)).accountId
      const before = await held(wallet)

      for (const { does, currency, diesAt, fault, passes } of steps) {
        Object.assign(hedera.faults, fault)
        await doOne(does, currency, { userId, buyer, diesAt })
        Object.assign(hedera.faults, { answersToLose: 0, submissionsToRefuse: 0, busyAnswers: 0 })
        clock.pass(passes)
        await Promise.all([reconcileLedger(ctx), reconcileLedger(ctx)])
        await requireWithin(userId)
      }
      await settleAll(userId)
      await requireOneStory(userId, wallet, before)
    }),
    { numRuns: 5, endOnFailure: true },
  )
})

async function doOne(
  does: 'buy' | 'slice' | 'refund',
  currency: Currency,
  { userId, buyer, diesAt }: { userId: string; buyer: Context; diesAt: number },
): Promise<void> {
  const mine = await db.select().from(purchases).where(eq(purchases.userId, userId))
  const active = mine.filter(one => one.status === 'active')
  // What is refused or dies here is looked at afterwards, in what is left behind.
  if (does === 'buy') {
    const { ctx: mortal } = crashingAt(buyer, diesAt)
    const order = { user_id: userId, model_id: model.modelId, license_type: license, storage_currency: currency }
    await purchaseModel(mortal, order).catch(() => {})
  } else if (does === 'refund') {
    const { ctx: mortal } = crashingAt(operator, diesAt)
    const one = active.at(-1)
    if (one) await refundPurchase(mortal, { purchaseId: one.purchaseId, reason: 'test' }).catch(() => {})
  } else {
    const { ctx: mortal } = crashingAt(ctx, diesAt)
    const one = active.at(0)
    if (one) await chargeFee(mortal, await newSlice(userId, one.purchaseId, currency)).catch(() => {})
  }
}

/** Long after: all that is open has come to its end. */
async function settleAll(userId: string): Promise<void> {
  for (let round = 0; round < 3; round++) {
    clock.pass(240_000)
    await reconcileLedger(ctx)
    for (const id of await inPayment(userId)) await chargeFee(ctx, id)
  }
}

async function requireOneStory(userId: string, wallet: string, before: Record<Currency, bigint>): Promise<void> {
  const mine = await db.select().from(purchases).where(eq(purchases.userId, userId))
  assert.equal(
    mine.filter(one => one.status === 'pending').map(one => one.purchaseId),
    [],
    'no purchase is left pending',
  )
  assert.equal(await inPayment(userId), [], 'no slice is left unpaid')
  const all = await db.select().from(ledgerTransactions)
  const settled = all.filter(row => row.status === 'settled' && (row.payer === wallet || row.payee === wallet))
  const after = await held(wallet)
  for (const currency of currencies) {
    const moved = settled
      .filter(row => row.currency === currency)
      .reduce((sum, row) => sum + (row.payee === wallet ? row.amount! : -row.amount!), 0n)
    assert.is(after[currency] - before[currency], moved, `the wallet's ${currency}`)
    const earned = all
      .filter(row => row.status === 'settled' && row.currency === currency)
      .reduce((sum, row) => sum + sign(row.payee, treasury) * row.amount! - sign(row.payer, treasury) * row.amount!, 0n)
    assert.is(await balanceIn(ctx, treasury, currency), earned, `the treasury's ${currency}`)
  }
  for (const { purchaseId, status, printsAllowed, printsUsed } of mine) {
    const of = (kind: string) =>
      all.filter(row => row.kind === kind && row.subjectId === purchaseId && row.status === 'settled').length
    assert.is(of('purchase'), status === 'failed' ? 0 : 1, `${purchaseId} is ${status}`)
    assert.is(of('refund'), status === 'refunded' ? 1 : 0, `${purchaseId} is ${status}`)
    assert.is(printsAllowed, status === 'refunded' ? printsUsed : 3)
    const open = await db.select().from(refunds).where(eq(refunds.purchaseId, purchaseId))
    assert.is(open.length, status === 'refunded' ? 1 : 0)
  }
  for (const { preparation } of await slicesOf(userId)) {
    const fees = all.filter(row => row.subjectId === preparation.preparationId && row.status === 'settled').length
    assert.is(fees, preparation.status === 'completed' ? 1 : 0, `a slice that is ${preparation.status}`)
  }
}

/** At no moment is there more than was bought. */
async function requireWithin(userId: string): Promise<void> {
  for (const one of await db.select().from(purchases).where(eq(purchases.userId, userId))) {
    assert.ok(one.printsUsed + one.printsReserved <= one.printsAllowed && one.printsAllowed <= 3)
  }
}

const sign = (account: string | null, wanted: string) => (account === wanted ? 1n : 0n)

async function held(account: string): Promise<Record<Currency, bigint>> {
  return { hbar: await balanceIn(ctx, account, 'hbar'), print: await balanceIn(ctx, account, 'print') }
}

function slicesOf(userId: string) {
  return db
    .select({ preparation: preparations })
    .from(preparations)
    .innerJoin(purchases, eq(purchases.purchaseId, preparations.purchaseId))
    .where(eq(purchases.userId, userId))
}

async function inPayment(userId: string): Promise<string[]> {
  const open = (await slicesOf(userId)).filter(({ preparation }) => preparation.status === 'in_progress')
  return open.map(({ preparation }) => preparation.preparationId)
}

/** A slice that is stored, and whose fee is due. */
async function newSlice(userId: string, purchaseId: string, feeCurrency: Currency): Promise<string> {
  const profileId = await makeProfile(market, userId)
  const printerId = await makePrinter(market, userId)
  const preparationId = await makePreparation(market, { purchaseId, printerId, profileId })
  const slicingFee = ctx.settings.slicingFees[feeCurrency]!
  await db
    .update(preparations)
    .set({ status: 'in_progress', step: 'payment', slicingFee, feeCurrency })
    .where(eq(preparations.preparationId, preparationId))
  return preparationId
}

test.run()
