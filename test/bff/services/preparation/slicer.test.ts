/** What a slicer may say of a preparation, and what it cannot do by it: it reads files that anybody may have made. */
import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { expirePreparations } from '../../../../bff/services/preparation/expire.ts'
import { receiveSlicingResult } from '../../../../bff/services/preparation/receive-result.ts'
import { recordPreparationProgress } from '../../../../bff/services/preparation/record-progress.ts'
import { releasePreparation } from '../../../../bff/services/preparation/release.ts'
import { startPreparation } from '../../../../bff/services/preparation/start.ts'
import { setPrinterFacts } from '../../../../bff/services/printer/set-facts.ts'
import { outbox, preparations } from '../../../../schema/db/bff/index.ts'
import { preparationProgressRequest, slicingSteps } from '../../../../schema/http/preparations.ts'
import { printerFacts } from '../../../../schema/http/printer-facts.ts'
import { makeContext } from '../../../make/market.ts'
import { makePrepared } from '../../../make/prepared.ts'
import { slicedResult } from '../../../make/sliced.ts'

const test = suite('a slicer and its preparation')
const bucket = { uri: (name: string) => `gs://lmnt-test/${name}` } as Context['bucket']
const market = await makeContext({ bucket })
const { ctx, db, clock } = market
test.after(market.close)

const slicer = market.as({ kind: 'service', email: ctx.settings.slicerServiceAccount })
const push = market.as({ kind: 'service', email: ctx.settings.pushServiceAccount })

/** A preparation that waits for a slicer. */
async function newPreparation() {
  const { preparationId, printer } = await makePrepared(market)
  const isIt = eq(preparations.preparationId, preparationId)
  const fresh = { status: 'pending', step: 'queued', gcodeFileUrl: null, slicingFee: 1n } as const
  await db.update(preparations).set(fresh).where(isIt)
  return { preparationId, printer, state: async () => (await db.select().from(preparations).where(isIt))[0]! }
}

const owed = (channel: 'delete-object' | 'charge-fee') => db.select().from(outbox).where(eq(outbox.channel, channel))

test('a result that names another object than its attempt was given is dropped, and that object is left alone', async () => {
  const { preparationId, state } = await newPreparation()
  const other = await startPreparation(slicer, (await newPreparation()).preparationId)
  const start = await startPreparation(slicer, preparationId)
  const names = ['gs://lmnt-test/models/gear', other.gcode_gcs_uri, `${start.gcode_gcs_uri}x`, 'gs://elsewhere/object']
  for (const gcode_gcs_uri of names) {
    const result = slicedResult({ ...start, gcode_gcs_uri })
    await receiveSlicingResult(push, result)
    await receiveSlicingResult(push, { ...result, lease_id: 'f'.repeat(32) })
  }
  assert.is((await state()).step, 'claimed')
  assert.equal([...(await owed('delete-object')), ...(await owed('charge-fee'))], [])
  await receiveSlicingResult(push, slicedResult(start))
  assert.equal([(await state()).step, (await state()).gcodeFileUrl], ['payment', start.gcode_gcs_uri])
})

test('a slicer is told what the printer has said that it is', async () => {
  const { preparationId, printer } = await newPreparation()
  const facts = printerFacts.parse({ macros: [{ name: 'START_PRINT', params: ['BED'] }], has_gcode_arcs: true })
  await setPrinterFacts(printer, facts)
  assert.equal((await startPreparation(slicer, preparationId)).printer, facts)
  assert.is((await startPreparation(slicer, (await newPreparation()).preparationId)).printer, null)
})

test("a slicer is told the model's title", async () => {
  const { preparationId } = await newPreparation()
  assert.is((await startPreparation(slicer, preparationId)).model_title, 'Gear')
})

test('a slicer tells its own steps; that a slice is to be paid for, or done, is not for it to say', async () => {
  const { preparationId, state } = await newPreparation()
  const { lease_id } = await startPreparation(slicer, preparationId)
  const steps = ['claimed', 'download', 'validate', 'slice', 'check', 'seal']
  for (const step of steps) {
    const body = preparationProgressRequest.parse({ lease_id, step, progress: 0.5 })
    assert.equal(await recordPreparationProgress(slicer, preparationId, body), { cancelled: false })
    assert.is((await state()).step, step)
  }
  const told = slicingSteps.filter(step => preparationProgressRequest.shape.step.safeParse(step).success)
  assert.equal(told, steps)
})

test('a lease that is given back lets another attempt start at once, and what the first made does not count', async () => {
  const { preparationId, state } = await newPreparation()
  const first = await startPreparation(slicer, preparationId)
  const release = () => releasePreparation(slicer, preparationId, { lease_id: first.lease_id })
  await releasePreparation(slicer, preparationId, { lease_id: 'f'.repeat(32) })
  assert.is(
    await codeOf(startPreparation(slicer, preparationId)),
    'preparation_in_progress',
    'a stranger gives nothing back',
  )
  assert.is(await codeOf(releasePreparation(push, preparationId, { lease_id: first.lease_id })), 'forbidden')

  await release()
  await release()
  assert.equal(
    [(await state()).status, (await state()).step, (await state()).leaseUntil],
    ['in_progress', 'queued', null],
  )
  assert.equal(removals(await owed('delete-object'), first.gcode_gcs_uri), 1, 'once, however often it is said')
  const progress = { lease_id: first.lease_id, step: 'slice', progress: 0.5 } as const
  assert.equal(await recordPreparationProgress(slicer, preparationId, progress), { cancelled: true })
  await receiveSlicingResult(push, slicedResult(first))
  assert.is((await state()).gcodeFileUrl, null, 'a result that still came is dropped')

  const second = await startPreparation(slicer, preparationId)
  await release()
  await receiveSlicingResult(push, slicedResult(second))
  assert.equal([(await state()).step, (await state()).gcodeFileUrl], ['payment', second.gcode_gcs_uri])
  await releasePreparation(slicer, preparationId, { lease_id: second.lease_id })
  assert.is((await state()).step, 'payment', 'what is being paid for stays')
  assert.is(removals(await owed('delete-object'), second.gcode_gcs_uri), 0)
})

const removals = (messages: { payload: unknown }[], uri: string) =>
  messages.filter(({ payload }) => (payload as { uri: string }).uri === uri).length

async function codeOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => 'no error',
    (error: { code?: unknown }) => error.code,
  )
}

const minute = 60_000

test('a preparation that kills each slicer that starts it fails after four hours, and can be made anew', async () => {
  const { preparationId, state } = await newPreparation()
  const begin = clock.now().getTime()
  while ((await state()).status !== 'failed') {
    await startPreparation(slicer, preparationId)
    clock.pass(10 * minute)
    await expirePreparations(ctx)
    assert.ok(clock.now().getTime() - begin < 5 * 60 * minute, 'it goes on for too long')
  }
  assert.is((await state()).errorCode, 'engine_timeout')
  assert.ok(clock.now().getTime() - begin > 3 * 60 * minute, 'its slicers had their time')
})

test('a preparation that waited long in the queue is not failed while it is sliced', async () => {
  const { preparationId, state } = await newPreparation()
  clock.pass(119 * minute)
  await expirePreparations(ctx)
  const start = await startPreparation(slicer, preparationId)
  clock.pass(10 * minute)
  await expirePreparations(ctx)
  await receiveSlicingResult(push, slicedResult(start))
  assert.is((await state()).step, 'payment')
})

test.run()
