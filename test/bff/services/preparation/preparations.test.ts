import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { expirePreparations } from '../../../../bff/services/preparation/expire.ts'
import { prepare } from '../../../../bff/services/preparation/prepare.ts'
import { receiveSlicingResult } from '../../../../bff/services/preparation/receive-result.ts'
import { recordPreparationProgress } from '../../../../bff/services/preparation/record-progress.ts'
import { startPreparation } from '../../../../bff/services/preparation/start.ts'
import { prepareStatus } from '../../../../bff/services/preparation/status.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { registerPrinter } from '../../../../bff/services/printer/register.ts'
import { purchaseModel } from '../../../../bff/services/purchase/purchase.ts'
import { outbox, preparations } from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import type { SlicingJob } from '../../../../schema/messages/slicing.ts'
import { hbar, license, makeMoney } from '../../../make/money.ts'
import { slicedResult } from '../../../make/sliced.ts'
import { emptyBucket, makeBuyer, slicingServices } from '../../../make/slicing.ts'

const test = suite('preparations')
const fee = hbar / 10n
const removed: string[] = []
const published: SlicingJob[] = []
const bucket = emptyBucket(removed)
const market = await makeMoney({
  bucket,
  publish: async (channel, _id, message) => void (channel === 'slicing-jobs' && published.push(message as SlicingJob)),
  settings: { slicingFees: { hbar: fee } },
})
const { ctx, db, clock } = market
test.after(market.close)

const { slicer, push } = slicingServices(market)
const buyer = (funds = 20n * hbar) => makeBuyer(market, { funds })

async function refused(code: string, work: Promise<unknown>): Promise<void> {
  const got = await work.then(
    () => 'no error',
    error => (isAppError(error) ? error.code : String(error)),
  )
  assert.is(got, code)
}

const eventsOf = async (purchaseId: string) => {
  const rows = await db.select().from(outbox).where(eq(outbox.purchaseId, purchaseId))
  return rows.filter(row => row.channel === 'ledger').map(row => row.type)
}

test('a purchase is sliced, paid for and released, and each step is on record', async () => {
  const { userId, user, purchase_id, printer, request } = await buyer()
  const asked = await prepare(user, request)
  assert.is(asked.status, 'pending')
  assert.is(asked.slicing_fee, 0.1)
  assert.equal(asked.slicing_fee_exact, { amount: '0.1', currency: 'hbar' })
  await drain(ctx)
  const job = published.find(one => one.preparation_id === asked.preparation_id)
  assert.is(job?.printer_id, printer.printer_id)

  const start = await startPreparation(slicer, asked.preparation_id)
  assert.is(start.kek_encrypted_psek, printer.kek_encrypted_psek_for_gcode_encryption)
  const progress = { lease_id: start.lease_id, step: 'slice' as const, progress: 0.5 }
  assert.equal(await recordPreparationProgress(slicer, asked.preparation_id, progress), { cancelled: false })
  assert.is((await prepareStatus(user, purchase_id)).step, 'slice')

  await receiveSlicingResult(push, slicedResult(start))
  assert.is((await prepareStatus(user, purchase_id)).status, 'in_progress', 'not released before it is paid')
  await refused('preparation_in_progress', requestPrint(user, { purchase_id }))
  const before = await market.balanceOf(userId)
  await drain(ctx)
  assert.is(before - (await market.balanceOf(userId)), fee)
  const status = await prepareStatus(user, purchase_id)
  assert.is(status.status, 'completed')
  assert.equal(status.warnings, ['open edges'])
  assert.equal((await eventsOf(purchase_id)).sort(), ['model_prepare', 'model_purchase', 'slicing_fee'])
  await requestPrint(user, { purchase_id })
})

test('the slicer’s result may come again: the fee is paid once', async () => {
  const { userId, user, request } = await buyer()
  const { preparation_id } = await prepare(user, request)
  const start = await startPreparation(slicer, preparation_id)
  const before = await market.balanceOf(userId)
  await Promise.all([1, 2, 3].map(() => receiveSlicingResult(push, slicedResult(start))))
  await Promise.all([drain(ctx), drain(ctx)])
  await receiveSlicingResult(push, slicedResult(start))
  await drain(ctx)
  assert.is(before - (await market.balanceOf(userId)), fee)
  assert.not.ok(removed.includes(start.gcode_gcs_uri), 'the object that is kept is not deleted by a repeat')
})

test('a slice that waits for its fee longer than a lease is not sliced again', async () => {
  const { user, request } = await buyer()
  const { preparation_id } = await prepare(user, request)
  const start = await startPreparation(slicer, preparation_id)
  await receiveSlicingResult(push, slicedResult(start))
  clock.pass(2 * start.lease_seconds * 1000)
  await refused('preparation_ended', startPreparation(slicer, preparation_id))
  await drain(ctx)
  const [row] = await db.select().from(preparations).where(eq(preparations.preparationId, preparation_id))
  assert.equal([row?.status, row?.gcodeFileUrl], ['completed', start.gcode_gcs_uri])
})

test('an attempt whose lease is over is replaced, and its late result thrown away', async () => {
  const { user, purchase_id, request } = await buyer()
  const { preparation_id } = await prepare(user, request)
  const first = await startPreparation(slicer, preparation_id)
  await refused('preparation_in_progress', startPreparation(slicer, preparation_id))
  clock.pass(121_000)
  const second = await startPreparation(slicer, preparation_id)
  assert.is.not(second.gcode_gcs_uri, first.gcode_gcs_uri)
  const progress = { lease_id: first.lease_id, step: 'slice' as const, progress: 0.5 }
  assert.equal(await recordPreparationProgress(slicer, preparation_id, progress), { cancelled: true })
  await receiveSlicingResult(push, slicedResult(second))
  await receiveSlicingResult(push, slicedResult(first))
  await drain(ctx)
  assert.ok(removed.includes(first.gcode_gcs_uri))
  assert.is((await prepareStatus(user, purchase_id)).status, 'completed')
  await refused('preparation_ended', startPreparation(slicer, preparation_id))
})

test('a slice that fails says why and costs nothing', async () => {
  const { userId, user, purchase_id, request } = await buyer()
  const { preparation_id } = await prepare(user, request)
  const before = await market.balanceOf(userId)
  const { lease_id } = await startPreparation(slicer, preparation_id)
  const message = 'The model is larger than the bed.'
  await receiveSlicingResult(push, { outcome: 'failed', preparation_id, lease_id, code: 'stl_exceeds_bed', message })
  await drain(ctx)
  const status = await prepareStatus(user, purchase_id)
  assert.is(status.status, 'failed')
  assert.equal(status.error, { code: 'stl_exceeds_bed', message })
  assert.is(await market.balanceOf(userId), before)
  assert.is((await prepare(user, request)).status, 'pending', 'and it may be tried again')
})

test('a slice that cannot be paid for is not released, and deleted', async () => {
  const { user, purchase_id, request } = await buyer(10n * hbar + fee)
  const { preparation_id } = await prepare(user, request)
  const start = await startPreparation(slicer, preparation_id)
  // The money goes elsewhere in the meantime: another purchase takes what was left for the fee.
  const { modelId } = await market.newModel({ priceHbar: fee })
  const order = {
    user_id: request.user_id,
    model_id: modelId,
    license_type: license,
    storage_currency: 'hbar' as const,
  }
  await purchaseModel(user, order)
  await receiveSlicingResult(push, slicedResult(start))
  await drain(ctx)
  await drain(ctx)
  const status = await prepareStatus(user, purchase_id)
  assert.is(status.status, 'failed')
  assert.ok(removed.includes(start.gcode_gcs_uri))
  await refused('not_prepared', requestPrint(user, { purchase_id }))
})

test('print_immediately queues the job with the release', async () => {
  const { user, purchase_id, request } = await buyer()
  const { preparation_id } = await prepare(user, { ...request, print_immediately: true })
  await receiveSlicingResult(push, slicedResult(await startPreparation(slicer, preparation_id)))
  await drain(ctx)
  const status = await prepareStatus(user, purchase_id)
  assert.is(status.status, 'completed')
  assert.is(status.print_status, 'queued')
})

test('an invalid preparation is refused before anything is stored', async () => {
  const own = await buyer()
  const other = await buyer()
  const { user, request } = own
  await refused('forbidden', prepare(user, { ...request, user_id: other.userId }))
  await refused('forbidden', prepare(user, { ...request, purchase_id: other.purchase_id }))
  await refused('forbidden', prepare(user, { ...request, print_profile_id: other.request.print_profile_id }))
  await refused('not_found', prepare(user, { ...request, printer_id: other.printer.printer_id }))
  await refused('currency_not_accepted', prepare(user, { ...request, storage_currency: 'print' }))
  await registerPrinter(user, { name: 'Second', description: '', printer_may_print: true })
  await refused('printer_required', prepare(user, request))
  const poor = await buyer(10n * hbar)
  await refused('insufficient_funds', prepare(poor.user, poor.request))
  const rows = await db.select().from(preparations).where(eq(preparations.purchaseId, own.purchase_id))
  assert.is(rows.length, 0)
})

test('a double click prepares once', async () => {
  const { user, purchase_id, request } = await buyer()
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => prepare(user, request)))
  assert.is(results.filter(result => result.status === 'fulfilled').length, 1)
  const rows = await db.select().from(preparations).where(eq(preparations.purchaseId, purchase_id))
  assert.is(rows.length, 1)
})

test('a slice past its time expires with its object; one that no slicer finishes fails', async () => {
  const one = await buyer()
  const first = await prepare(one.user, one.request)
  const start = await startPreparation(slicer, first.preparation_id)
  await receiveSlicingResult(push, slicedResult(start))
  await drain(ctx)
  const other = await buyer()
  await prepare(other.user, other.request)
  clock.pass(25 * 3600_000)
  await expirePreparations(ctx)
  await drain(ctx)
  assert.is((await prepareStatus(one.user, one.purchase_id)).status, 'expired')
  assert.ok(removed.includes(start.gcode_gcs_uri))
  const stuck = await prepareStatus(other.user, other.purchase_id)
  assert.is(stuck.error?.code, 'engine_timeout')
  await refused('gcode_expired', requestPrint(one.user, { purchase_id: one.purchase_id }))
})

test.run()
