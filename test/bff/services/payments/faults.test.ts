/** What a network can answer, and what becomes of the payment, in both currencies. */
import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { chargeFee } from '../../../../bff/services/preparation/charge-fee.ts'
import { removePrinter } from '../../../../bff/services/printer/remove.ts'
import { purchaseModel } from '../../../../bff/services/purchase/purchase.ts'
import { walletOf } from '../../../../bff/services/wallet/account.ts'
import { connectLedger } from '../../../../ledger/connect.ts'
import { addSignatures } from '../../../../ledger/sign.ts'
import { ledgerTransactions, preparations, printers, purchases } from '../../../../schema/db/bff/index.ts'
import { AppError, isAppError } from '../../../../schema/http/errors.ts'
import { newId } from '../../../../schema/http/ids.ts'
import { atEveryStep } from '../../../make/crash.ts'
import { hbar, license, makeMoney } from '../../../make/money.ts'
import { makePreparation, makePrinter, makeProfile } from '../../../make/prepared.ts'
import { reconcileLedger } from '../../../make/reconcile.ts'

const test = suite('payments under fire')
const market = await makeMoney({
  withPrint: true,
  settings: { purchaseWaitSeconds: 1 },
  dailyCapTinybar: 1_000_000n * hbar,
})
const { ctx, db, clock, fund, fundPrint, newModel, newUser, hedera } = market
test.after(market.close)

const prices = { hbar: 10n * hbar, print: 500n }
const model = await newModel({ priceHbar: prices.hbar, pricePrint: prices.print })
type Currency = keyof typeof prices

async function newBuyer(currency: Currency, purchasesPaid = 1n) {
  const user = await newUser()
  const { userId } = user
  await (currency === 'hbar' ? fund : fundPrint)(userId, purchasesPaid * prices[currency])
  const input = { user_id: userId, model_id: model.modelId, license_type: license, storage_currency: currency }
  const balance = () => (currency === 'hbar' ? market.balanceOf : market.printBalanceOf)(userId)
  const buy = (as: Context = ctx) => purchaseModel({ ...as, actor: user.ctx.actor }, input)
  const states = async () =>
    (await db.select().from(purchases).where(eq(purchases.userId, userId))).map(one => [one.status, one.error])
  return { userId, buy, balance, states }
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    error => (isAppError(error) ? error.code : String(error)),
  )

for (const currency of ['hbar', 'print'] as const) {
  test(`a process may die at any step of a purchase in ${currency}: it is paid once and active, or never was`, async () => {
    const { userId, buy, balance } = await newBuyer(currency, 60n)
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
    const { userId, balance } = await newBuyer(currency, 2n)
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
    const { buy, balance } = await newBuyer(currency, 2n)
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

test('a busy node is asked again, and the purchase is paid once', async () => {
  const { buy, balance, states } = await newBuyer('hbar', 2n)
  hedera.faults.busyAnswers = 1000
  assert.is((await buy()).status, 'pending')
  hedera.faults.busyAnswers = 0
  clock.pass(6_000)
  await reconcileLedger(ctx)
  assert.equal(await states(), [['active', null]])
  assert.is(await balance(), prices.hbar)
})

test('a signature that the payer of the fee did not make is refused: failed when its time is over, nothing moved', async () => {
  const { buy, balance, states } = await newBuyer('hbar')
  const unsigned: Context['cws'] = { ...ctx.cws, sign: async bytes => addSignatures(bytes, [Buffer.alloc(32, 7)]) }
  assert.is((await buy({ ...ctx, cws: unsigned })).status, 'pending')
  clock.pass(240_000)
  await reconcileLedger(ctx)
  assert.equal(await states(), [['failed', 'payment_failed']])
  assert.is(await balance(), prices.hbar)
})

test("a signature that the wallet did not make fails at consensus, at once: the operator's alone moves nothing", async () => {
  const { buy, balance, states } = await newBuyer('hbar')
  const byOperator: Context['cws'] = { ...ctx.cws, sign: async bytes => addSignatures(bytes, [hedera.operatorKey]) }
  assert.is(await codeOf(buy({ ...ctx, cws: byOperator })), 'payment_failed')
  assert.equal(await states(), [['failed', 'payment_failed']])
  assert.is(await balance(), prices.hbar)
})

test('an operator who cannot pay the network is an alarm and has a code of its own, and payments go on when it can', async () => {
  const { userId, buy, balance, states } = await newBuyer('hbar', 3n)
  const late = await newBuyer('hbar', 1n)
  const slice = await newSlice(userId, 'hbar')
  const alarms: object[] = []
  const log = { ...ctx.log, error: (about: object, words: string) => void alarms.push({ ...about, words }) }
  const watched = { ...ctx, log } as Context
  const refill = await emptyOperator()

  assert.is(await codeOf(buy(watched)), 'operator_account_empty')
  assert.equal(await states(), [['active', null]], 'nothing was begun')
  assert.is(await codeOf(chargeFee(watched, slice.preparationId)), 'operator_account_empty')
  assert.equal([(await slice.state()).status, (await slice.state()).step], ['in_progress', 'payment'])
  assert.ok(alarms.length >= 2)
  assert.match(JSON.stringify(alarms[0]), new RegExp(`${hedera.operatorId}.*add HBAR to it`))

  // The mirror is behind: it shows what the operator had a moment ago.
  const lagging = (as: Context): Context => ({ ...as, ledger: { ...as.ledger, balance: async () => 1000n * hbar } })
  alarms.length = 0
  assert.is((await late.buy(lagging(watched))).status, 'pending')
  assert.ok(alarms.length > 0)
  await chargeFee({ ...lagging(watched), settings: { ...ctx.settings, timeScale: 1000 } }, slice.preparationId)
  clock.pass(240_000)
  await reconcileLedger(ctx)
  assert.equal(await late.states(), [['failed', 'operator_account_empty']])
  assert.is(await late.balance(), prices.hbar)
  assert.is((await slice.state()).status, 'in_progress', 'its owner is not to blame')
  assert.is((await buy(lagging(ctx))).status, 'pending')

  await refill()
  clock.pass(6_000)
  await reconcileLedger(ctx)
  assert.equal(await states(), [
    ['active', null],
    ['active', null],
  ])
  await drain({ ...ctx, bucket: { ...ctx.bucket, remove: async () => {} } })
  assert.is((await slice.state()).status, 'completed')
  assert.is(await balance(), 2n * prices.hbar - ctx.settings.slicingFees.hbar!)
})

/** Leaves the operator less than a transaction costs; what it returns gives half of it back. */
async function emptyOperator(): Promise<() => Promise<void>> {
  const bank = await hedera.newAccount(hbar)
  const all = await hedera.ledger.balance(hedera.operatorId)
  const fee = 100_000n
  const rounding = 1_000n // the mirror's, beyond 2^53
  const move = (from: string, to: string, units: bigint) => [
    { account: from, units: -units },
    { account: to, units },
  ]
  const emptying = move(hedera.operatorId, bank.accountId, all - fee - rounding)
  await hedera.settle(await hedera.ledger.buildTransfer({ transfers: emptying, memo: '' }))
  assert.ok((await hedera.ledger.balance(hedera.operatorId)) < fee)
  return async () => {
    const { nodes, mirrorUrl, random } = hedera
    const options = { network: 'local', nodes, mirrorUrl, random, clock: clock.now, timeoutMs: 5000 } as const
    const byBank = await connectLedger({ ...options, operatorId: bank.accountId })
    const back = await byBank.buildTransfer({ transfers: move(bank.accountId, hedera.operatorId, all / 2n), memo: '' })
    await byBank.submit(addSignatures(back.bytes, [bank.key]))
    assert.is((await byBank.receipt(back.transactionId, 5000)).status, 'settled')
    await byBank.close()
  }
}

test('nobody pays for a slice whose printer was removed before', async () => {
  const { userId, balance } = await newBuyer('hbar')
  const slice = await newSlice(userId, 'hbar')
  const { printerId } = await slice.state()
  await db.update(printers).set({ status: 'revoked' }).where(eq(printers.printerId, printerId))
  await chargeFee(ctx, slice.preparationId)
  const { status, errorCode } = await slice.state()
  assert.equal([status, errorCode], ['failed', 'printer_revoked'])
  assert.is(await balance(), prices.hbar)
})

test('nobody pays for a slice whose printer is removed while the fee is being signed', async () => {
  const { userId, balance } = await newBuyer('hbar')
  const slice = await newSlice(userId, 'hbar')
  const { printerId } = await slice.state()
  const owner = market.as({ kind: 'user', userId, role: 'enthusiast' })
  const sign: Context['cws']['sign'] = async (...payment) => {
    await removePrinter(owner, printerId, { force: false })
    return ctx.cws.sign(...payment)
  }
  await chargeFee({ ...ctx, cws: { ...ctx.cws, sign } }, slice.preparationId)
  const { status, errorCode } = await slice.state()
  assert.equal([status, errorCode], ['failed', 'printer_revoked'])
  assert.is(await balance(), prices.hbar)
})

test('a fee that is on its way when its printer is removed, or a second relay is refused, releases the slice', async () => {
  const { userId, balance } = await newBuyer('hbar')
  const fee = ctx.settings.slicingFees.hbar!
  const hasty = { ...ctx, settings: { ...ctx.settings, timeScale: 1000 } }
  const removed = await newSlice(userId, 'hbar')
  const refused = await newSlice(userId, 'hbar')
  hedera.faults.submissionsToRefuse = 1000
  await chargeFee(hasty, removed.preparationId)
  const { printerId } = await removed.state()
  await db.update(printers).set({ status: 'revoked' }).where(eq(printers.printerId, printerId))
  await chargeFee(hasty, removed.preparationId)
  const sign = async () => {
    await chargeFee(hasty, refused.preparationId)
    throw new AppError('daily_cap_exceeded', 'the other one used it up')
  }
  await chargeFee({ ...hasty, cws: { ...ctx.cws, sign } }, refused.preparationId)
  for (const slice of [removed, refused]) assert.is((await slice.state()).status, 'in_progress')

  hedera.faults.submissionsToRefuse = 0
  clock.pass(6_000)
  await reconcileLedger(ctx)
  for (const slice of [removed, refused]) assert.is((await slice.state()).status, 'completed')
  assert.is(await balance(), prices.hbar - 2n * fee)
})

test('a fee that the CWS does not sign for whoever asks stays owed: the slice is kept, and released when it is paid', async () => {
  const { userId, balance } = await newBuyer('hbar')
  const slice = await newSlice(userId, 'hbar')
  assert.is(await codeOf(chargeFee(market.operator, slice.preparationId)), 'forbidden')
  assert.equal([(await slice.state()).status, (await slice.state()).step], ['in_progress', 'payment'])
  await chargeFee(ctx, slice.preparationId)
  assert.is((await slice.state()).status, 'completed')
  assert.is(await balance(), prices.hbar - ctx.settings.slicingFees.hbar!)
})

test('a payment that is no longer valid when the CWS sees it costs nothing: a fee stays owed, a purchase has failed', async () => {
  const { userId, balance, buy, states } = await newBuyer('hbar', 2n)
  const slice = await newSlice(userId, 'hbar')
  const sign: Context['cws']['sign'] = (...payment) => {
    clock.pass(200_000)
    return ctx.cws.sign(...payment)
  }
  const slow = { ...ctx, cws: { ...ctx.cws, sign } }
  assert.is(await codeOf(chargeFee(slow, slice.preparationId)), 'unavailable')
  assert.is(await codeOf(buy(slow)), 'unavailable')
  assert.equal([(await slice.state()).status, (await slice.state()).step], ['in_progress', 'payment'])
  assert.ok((await states()).some(state => state.join() === 'failed,unavailable'))
  await reconcileLedger(ctx)
  assert.is(await balance(), 2n * prices.hbar)

  await chargeFee(ctx, slice.preparationId)
  assert.is((await slice.state()).status, 'completed')
  assert.is((await buy()).status, 'active')
  assert.is(await balance(), prices.hbar - ctx.settings.slicingFees.hbar!)
})

/** A preparation whose slice is stored and whose fee is due. */
async function newSlice(userId: string, currency: Currency) {
  await walletOf(ctx, userId)
  const purchaseId = newId('purchase', ctx.random)
  await db.insert(purchases).values({
    purchaseId,
    userId,
    modelId: model.modelId,
    licenseType: license,
    price: prices[currency],
    currency,
    printsAllowed: 3,
    status: 'active',
    createdAt: ctx.clock(),
  })
  const profileId = await makeProfile(market, userId)
  const printerId = await makePrinter(market, userId)
  const preparationId = await makePreparation(market, { purchaseId, printerId, profileId })
  const isIt = eq(preparations.preparationId, preparationId)
  const slicingFee = ctx.settings.slicingFees[currency]!
  await db
    .update(preparations)
    .set({ status: 'in_progress', step: 'payment', slicingFee, feeCurrency: currency })
    .where(isIt)
  return { preparationId, state: async () => (await db.select().from(preparations).where(isIt))[0]! }
}

test.run()
