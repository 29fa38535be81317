import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { cancelPreparation } from '../../../../bff/services/preparation/cancel.ts'
import { prepare } from '../../../../bff/services/preparation/prepare.ts'
import { receiveSlicingResult } from '../../../../bff/services/preparation/receive-result.ts'
import { recordPreparationProgress } from '../../../../bff/services/preparation/record-progress.ts'
import { startPreparation } from '../../../../bff/services/preparation/start.ts'
import { prepareStatus } from '../../../../bff/services/preparation/status.ts'
import { preparations } from '../../../../schema/db/bff/index.ts'
import { refusal } from '../../../make/errors.ts'
import { hbar, makeMoney } from '../../../make/money.ts'
import { slicedResult } from '../../../make/sliced.ts'
import { emptyBucket, makeBuyer, slicingServices } from '../../../make/slicing.ts'

const test = suite('cancelling a preparation, and choosing its engine')
const removed: string[] = []
const market = await makeMoney({ bucket: emptyBucket(removed), settings: { slicingFees: { hbar: hbar / 10n } } })
const { ctx, db } = market
test.after(market.close)
const { slicer, push } = slicingServices(market)

test('one that is queued ends at once, costs nothing, and the purchase can be prepared again', async () => {
  const { userId, user, purchase_id, request } = await makeBuyer(market)
  const before = await market.balanceOf(userId)
  const { preparation_id } = await prepare(user, request)
  assert.is((await cancelPreparation(user, preparation_id)).status, 'cancelled')
  assert.is((await cancelPreparation(user, preparation_id)).status, 'cancelled', 'again')
  assert.is((await prepareStatus(user, purchase_id)).status, 'cancelled')
  await refusal('preparation_ended', () => startPreparation(slicer, preparation_id))
  await drain(ctx)
  assert.is(await market.balanceOf(userId), before)
  assert.is((await prepare(user, request)).status, 'pending')
})

test('a preparation that is being sliced is stopped, and its late result is free and deleted', async () => {
  const { userId, user, purchase_id, request } = await makeBuyer(market)
  const before = await market.balanceOf(userId)
  const { preparation_id } = await prepare(user, request)
  const start = await startPreparation(slicer, preparation_id)
  await cancelPreparation(user, preparation_id)
  const progress = { lease_id: start.lease_id, step: 'slice' as const, progress: 0.5 }
  assert.equal(await recordPreparationProgress(slicer, preparation_id, progress), { cancelled: true })
  await receiveSlicingResult(push, slicedResult(start))
  await drain(ctx)
  assert.is((await prepareStatus(user, purchase_id)).status, 'cancelled')
  assert.is(await market.balanceOf(userId), before)
  assert.ok(removed.includes(start.gcode_gcs_uri))
})

test('one whose fee is being paid, or that has ended, cannot be cancelled', async () => {
  const { user, purchase_id, request } = await makeBuyer(market)
  const { preparation_id } = await prepare(user, request)
  await receiveSlicingResult(push, slicedResult(await startPreparation(slicer, preparation_id)))
  const paying = await refusal('preparation_ended', () => cancelPreparation(user, preparation_id))
  assert.match(paying, 'its fee is being paid')
  await drain(ctx)
  const ended = await refusal('preparation_ended', () => cancelPreparation(user, preparation_id))
  assert.match(ended, 'is completed')
  assert.is((await prepareStatus(user, purchase_id)).status, 'completed')
})

test('nobody cancels what belongs to somebody else', async () => {
  const { user, request } = await makeBuyer(market)
  const { preparation_id } = await prepare(user, request)
  const { ctx: other } = await market.newUser()
  await refusal('forbidden', () => cancelPreparation(other, preparation_id))
  await refusal('forbidden', () => cancelPreparation(slicer, preparation_id))
  await refusal('not_found', () =>
    cancelPreparation(
      user,
      preparation_id.replace(/.$/, c => (c === '0' ? '1' : '0')),
    ),
  )
})

test('the engine that was chosen is the one that the slicer is told', async () => {
  const { user, request } = await makeBuyer(market)
  const chosen = await prepare(user, { ...request, engine: 'three' })
  assert.is((await startPreparation(slicer, chosen.preparation_id)).engine, 'three')
  await cancelPreparation(user, chosen.preparation_id)
  const { preparation_id } = await prepare(user, request)
  assert.is((await startPreparation(slicer, preparation_id)).engine, null)
})

test('an engine that the slicer does not have is refused before anything is stored', async () => {
  const { user, purchase_id, request } = await makeBuyer(market)
  await refusal('engine_unavailable', () => prepare(user, { ...request, engine: 'orca' }))
  const stored = await db.select().from(preparations).where(eq(preparations.purchaseId, purchase_id))
  assert.is(stored.length, 0)
})

test.run()
