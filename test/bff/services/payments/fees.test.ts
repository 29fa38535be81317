/** Who pays the fee for a slice, and what becomes of the slice. */
import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { appendMessage } from '../../../../bff/services/outbox/append.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { chargeFee } from '../../../../bff/services/preparation/charge-fee.ts'
import { removePrinter } from '../../../../bff/services/printer/remove.ts'
import { printers } from '../../../../schema/db/bff/index.ts'
import { AppError } from '../../../../schema/http/errors.ts'
import { codeOf, makePayments, prices } from '../../../make/payments.ts'
import { reconcileLedger } from '../../../make/reconcile.ts'

const test = suite('fees for slices')
const market = await makePayments({ settings: { purchaseWaitSeconds: 1 } })
const { balanceOf, clock, ctx, db, hedera, newBuyer, newSlice } = market
test.after(market.close)

test('a fee that cannot be paid fails the preparation, and its slice is deleted', async () => {
  await drain(ctx)
  const removed: string[] = []
  const bucket = { ...ctx.bucket, remove: async (uri: string) => void removed.push(uri) }
  const { userId } = await newBuyer('hbar', 1n)
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

test('a fee that the CWS does not sign stays owed: the slice is kept, and released when the fee is paid', async () => {
  const { userId, balance } = await newBuyer('hbar')
  const slice = await newSlice(userId, 'hbar')
  assert.is(await codeOf(chargeFee(market.operator, slice.preparationId)), 'forbidden')
  assert.equal([(await slice.state()).status, (await slice.state()).step], ['in_progress', 'payment'])
  await chargeFee(ctx, slice.preparationId)
  assert.is((await slice.state()).status, 'completed')
  assert.is(await balance(), prices.hbar - ctx.settings.slicingFees.hbar!)
})

test('a payment that is no longer valid when the CWS sees it costs nothing: a fee stays owed, a purchase has failed', async () => {
  const { userId, balance, buy, states } = await newBuyer('hbar', 2n * prices.hbar)
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

test.run()
