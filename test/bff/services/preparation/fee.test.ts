/** A slicing fee is charged for what can be printed, and for nothing else. */
import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { chargeFee } from '../../../../bff/services/preparation/charge-fee.ts'
import { completePreparation } from '../../../../bff/services/preparation/complete.ts'
import { prepare } from '../../../../bff/services/preparation/prepare.ts'
import { prepareStatus } from '../../../../bff/services/preparation/status.ts'
import { cancelPrintJob } from '../../../../bff/services/print-job/cancel.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { registerPrinter } from '../../../../bff/services/printer/register.ts'
import { preparations, purchases } from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { makeMoney } from '../../../make/money.ts'
import { emptyBucket, makeBuyer, slice } from '../../../make/slicing.ts'

const test = suite('slicing fees')
const removed: string[] = []
const market = await makeMoney({ bucket: emptyBucket(removed), publish: async () => {} })
const { ctx, db } = market
test.after(market.close)

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    error => (isAppError(error) ? `${error.code} ${error.status}: ${error.message}` : String(error)),
  )

/** A purchase of one print that is sliced for one printer, and a second printer to slice it for. */
async function lastRight(printsAllowed = 1) {
  const own = await makeBuyer(market, { printsAllowed })
  const { preparation_id } = await prepare(own.user, own.request)
  await slice(market, preparation_id)
  await drain(ctx)
  const second = await registerPrinter(own.user, { name: 'Second', description: '', printer_may_print: true })
  const onSecond = { ...own.request, printer_id: second.printer_id }
  const printFirst = () => requestPrint(own.user, { purchase_id: own.purchase_id, printer_id: own.printer.printer_id })
  const balance = () => market.balanceOf(own.userId)
  return { ...own, onSecond, printFirst, balance }
}

async function stateOf(preparationId: string) {
  const [row] = await db.select().from(preparations).where(eq(preparations.preparationId, preparationId))
  return [row?.status, row?.errorCode]
}

const failAttempts = (purchaseId: string) =>
  db.update(purchases).set({ attempts: ctx.settings.attemptsLimit }).where(eq(purchases.purchaseId, purchaseId))

test('a purchase whose last right is printing is not prepared again until the print returns the right', async () => {
  const { user, onSecond, printFirst } = await lastRight()
  const { print_job_id } = await printFirst()
  assert.match(
    await refusal(prepare(user, onSecond)),
    /^no_rights_left 409: No prints left: 0 of 1 used, 1 in progress\./,
  )
  await cancelPrintJob(user, print_job_id)
  assert.is((await prepare(user, onSecond)).status, 'pending')
})

test('a purchase whose prints failed too often is not prepared', async () => {
  const { user, purchase_id, onSecond } = await lastRight(3)
  await failAttempts(purchase_id)
  assert.match(await refusal(prepare(user, onSecond)), /^attempts_exhausted 423: /)
})

test('ten requests to prepare and to print the last right at once: no slice is begun for a right that is gone', async () => {
  const { user, onSecond, printFirst } = await lastRight()
  const [printed, prepared] = await Promise.all([refusal(printFirst()), refusal(prepare(user, onSecond))])
  assert.is(printed, 'no error')
  assert.match(prepared, /^(no error|no_rights_left)/)
})

test('a slice that can no longer be printed when its fee is due costs nothing, says why, and is deleted', async () => {
  for (const takeAway of ['right', 'attempts'] as const) {
    const { user, purchase_id, onSecond, printFirst, balance } = await lastRight()
    const { preparation_id } = await prepare(user, onSecond)
    if (takeAway === 'right') await printFirst()
    else await failAttempts(purchase_id)
    const before = await balance()
    const uri = await slice(market, preparation_id)
    await drain(ctx)
    const code = takeAway === 'right' ? 'no_rights_left' : 'attempts_exhausted'
    assert.equal(await stateOf(preparation_id), ['failed', code])
    assert.is(await balance(), before)
    assert.ok(removed.includes(uri))
  }
})

test('nor does one whose last right is taken while the CWS signs for the fee', async () => {
  const { user, purchase_id, onSecond, printFirst, balance } = await lastRight()
  const { preparation_id } = await prepare(user, onSecond)
  await slice(market, preparation_id)
  const before = await balance()
  const sign: Context['cws']['sign'] = async (...payment) => {
    await printFirst()
    return ctx.cws.sign(...payment)
  }
  await chargeFee({ ...ctx, cws: { ...ctx.cws, sign } }, preparation_id)
  assert.equal(await stateOf(preparation_id), ['failed', 'no_rights_left'])
  assert.is(await balance(), before)
  const status = await prepareStatus(user, purchase_id)
  assert.is(status.error?.code, 'no_rights_left')
  assert.match(status.error?.message ?? '', /1 in progress/)
})

test('a fee that was sent before the last right was taken releases its slice', async () => {
  const { user, onSecond, printFirst } = await lastRight()
  const { preparation_id } = await prepare(user, onSecond)
  await slice(market, preparation_id)
  market.hedera.faults.submissionsToRefuse = 1000
  await chargeFee({ ...ctx, settings: { ...ctx.settings, timeScale: 1000 } }, preparation_id)
  market.hedera.faults.submissionsToRefuse = 0
  await printFirst()
  await chargeFee(ctx, preparation_id)
  assert.equal(await stateOf(preparation_id), ['completed', null])
})

test('print_immediately without a right left keeps the slice that is paid for, with the reason', async () => {
  const { user, purchase_id, onSecond, printFirst } = await lastRight()
  const { preparation_id } = await prepare(user, { ...onSecond, print_immediately: true })
  await slice(market, preparation_id)
  await printFirst()
  await completePreparation(ctx, db, preparation_id, null)
  const status = await prepareStatus(user, purchase_id)
  assert.is(status.status, 'completed')
  assert.match(status.print_error ?? '', /No prints left: 0 of 1 used, 1 in progress/)
})

test('a refusal to prepare or print names the state of the purchase', async () => {
  const { user, purchase_id, onSecond, printFirst } = await lastRight()
  const words = { pending: /payment .* is still pending/, failed: /payment .* failed/, refunded: /was refunded/ }
  for (const [status, said] of Object.entries(words)) {
    await db
      .update(purchases)
      .set({ status: status as keyof typeof words })
      .where(eq(purchases.purchaseId, purchase_id))
    for (const ask of [() => prepare(user, onSecond), printFirst]) {
      const refused = await refusal(ask())
      assert.match(refused, /^purchase_not_active 409: /)
      assert.match(refused, said)
    }
  }
})

test.run()
