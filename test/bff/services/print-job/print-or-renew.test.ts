/** G-code that has expired is prepared again when somebody prints it: once, and without another fee. */
import { and, eq } from 'drizzle-orm'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { expirePreparations } from '../../../../bff/services/preparation/expire.ts'
import { receiveSlicingResult } from '../../../../bff/services/preparation/receive-result.ts'
import { startPreparation } from '../../../../bff/services/preparation/start.ts'
import { prepareStatus } from '../../../../bff/services/preparation/status.ts'
import { cancelPrintJob } from '../../../../bff/services/print-job/cancel.ts'
import { printOrRenew } from '../../../../bff/services/print-job/print-or-renew.ts'
import { outbox, preparations, printJobs, purchases } from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { makeContext } from '../../../make/market.ts'
import { makePreparation, makePrepared, makePrinter, type Prepared } from '../../../make/prepared.ts'
import { slicedResult } from '../../../make/sliced.ts'

const test = suite('a print of G-code that has expired')
const bucket = { uri: (name: string) => `gs://lmnt-test/${name}` } as Context['bucket']
const market = await makeContext({ bucket, startAt: new Date('2026-11-25T10:00:00Z') })
const { db, clock, ctx } = market
test.after(market.close)

const slicer = market.as({ kind: 'service', email: ctx.settings.slicerServiceAccount })
const push = market.as({ kind: 'service', email: ctx.settings.pushServiceAccount })
const hour = 3600_000

async function makeExpired(printsAllowed = 2): Promise<Prepared> {
  const own = await makePrepared(market, printsAllowed)
  clock.pass(24 * hour + 1000)
  await expirePreparations(ctx)
  return own
}

const print = (own: Prepared, operation?: string) => printOrRenew(own.user, { purchase_id: own.purchaseId }, operation)
const renewalsOf = ({ purchaseId }: Prepared) =>
  db
    .select()
    .from(preparations)
    .where(and(eq(preparations.purchaseId, purchaseId)))
    .orderBy(preparations.createdAt)
    .then(rows => rows.slice(1))
const jobsOf = ({ purchaseId }: Prepared) => db.select().from(printJobs).where(eq(printJobs.purchaseId, purchaseId))
const purchaseOf = async ({ purchaseId }: Prepared) =>
  (await db.select().from(purchases).where(eq(purchases.purchaseId, purchaseId)))[0]!
async function owed(own: Prepared, type: string) {
  const rows = await db.select().from(outbox).where(eq(outbox.purchaseId, own.purchaseId))
  return rows.filter(row => row.type === type)
}

async function slice(preparationId: string, outcome: 'sliced' | 'failed' = 'sliced'): Promise<void> {
  const started = await startPreparation(slicer, preparationId)
  const { preparation_id, lease_id } = started
  const failed = { outcome: 'failed', preparation_id, lease_id, code: 'engine_failed', message: 'No.' } as const
  await receiveSlicingResult(push, outcome === 'sliced' ? slicedResult(started) : failed)
}

test('it is prepared again without a fee, and its print is queued when it is ready', async () => {
  const own = await makeExpired()
  const answer = await print(own)
  const [renewal, ...more] = await renewalsOf(own)
  assert.equal(more, [])
  assert.equal(answer, {
    status: 'preparing',
    purchase_id: own.purchaseId,
    print_job_id: null,
    printer_id: own.printerId,
    preparation_id: renewal!.preparationId,
    message:
      'The G-code of "Gear" has expired. It is being prepared again, without a fee, and the print comes to the printer when it is ready.',
  })
  assert.is((await owed(own, 'slicing_job')).length, 1)
  assert.is((await purchaseOf(own)).printsReserved, 0, 'a right is reserved when there is something to print')

  await slice(renewal!.preparationId)
  assert.equal(
    (await jobsOf(own)).map(({ status, preparationId }) => [status, preparationId]),
    [['queued', renewal!.preparationId]],
  )
  assert.is((await purchaseOf(own)).printsReserved, 1)
  const status = await prepareStatus(own.user, own.purchaseId)
  assert.equal([status.status, status.slicing_fee, status.renews], ['completed', 0, own.preparationId])
  assert.equal([...(await owed(own, 'charge_fee')), ...(await owed(own, 'slicing_fee'))], [])
  const [event] = await owed(own, 'model_prepare')
  assert.match(JSON.stringify(event!.payload), `"renews":"${own.preparationId}"`)
})

test('its printer may ask for it, too', async () => {
  const own = await makeExpired()
  const answer = await printOrRenew(own.printer, { purchase_id: own.purchaseId })
  assert.equal([answer.status, answer.printer_id], ['preparing', own.printerId])
})

test('the same request again is the same renewal, also when that is ready', async () => {
  const own = await makeExpired()
  const [first, twin] = await Promise.all([print(own, 'operation 1'), print(own, 'operation 1')])
  assert.equal(first, twin)
  const [renewal] = await renewalsOf(own)
  await slice(renewal!.preparationId)
  assert.equal(await print(own, 'operation 1'), first)
  assert.equal([(await renewalsOf(own)).length, (await jobsOf(own)).length], [1, 1])
})

test('of several requests at once one renews it, and the others are told so', async () => {
  const own = await makeExpired()
  const answers = await Promise.all([1, 2, 3, 4].map(() => codeOf(print(own))))
  assert.equal(answers.sort(), [null, ...Array(3).fill('preparation_in_progress')].sort())
  assert.is((await renewalsOf(own)).length, 1)
})

test('a slice that fails each time is tried once an hour', async () => {
  const own = await makeExpired()
  await print(own)
  await slice((await renewalsOf(own))[0]!.preparationId, 'failed')
  const refusal = await print(own).catch(error => error)
  assert.ok(isAppError(refusal, 'gcode_expired'))
  assert.match(refusal.message, /preparing it again has failed: No\. Prepare it yourself, or try again in an hour\./)
  clock.pass(hour - 1000)
  assert.is(await codeOf(print(own)), 'gcode_expired')
  clock.pass(1000)
  assert.is((await print(own)).status, 'preparing')
  assert.equal(
    (await renewalsOf(own)).map(({ renews }) => renews),
    [own.preparationId, own.preparationId],
  )
})

test('one that expires again is renewed again; the fee that covers it is still the first', async () => {
  const own = await makeExpired(3)
  for (let time = 1; time <= 2; time++) {
    assert.is((await print(own)).status, 'preparing')
    await slice((await renewalsOf(own)).at(-1)!.preparationId)
    await cancelPrintJob(own.user, (await jobsOf(own)).find(({ status }) => status === 'queued')!.printJobId)
    clock.pass(24 * hour + 1000)
    await expirePreparations(ctx)
  }
  assert.equal(
    (await renewalsOf(own)).map(({ renews, status }) => [renews, status]),
    Array(2).fill([own.preparationId, 'expired']),
  )
})

test('nothing is sliced for who could not print it, or may not', async () => {
  const used = await makeExpired(1)
  await db.update(purchases).set({ printsUsed: 1 }).where(eq(purchases.purchaseId, used.purchaseId))
  assert.is(await codeOf(print(used)), 'no_rights_left')
  const own = await makeExpired()
  const stranger = await makeExpired()
  assert.is(await codeOf(printOrRenew(stranger.user, { purchase_id: own.purchaseId })), 'forbidden')
  assert.is(await codeOf(printOrRenew(stranger.printer, { purchase_id: own.purchaseId })), 'forbidden')
  const never = await makePrepared(market)
  await db
    .update(preparations)
    .set({ status: 'failed', gcodeTtlExpiry: null })
    .where(eq(preparations.preparationId, never.preparationId))
  assert.is(await codeOf(print(never)), 'not_prepared')
  const off = { ...own.user, settings: { ...ctx.settings, autoPrepare: false } }
  assert.is(await codeOf(printOrRenew(off, { purchase_id: own.purchaseId })), 'gcode_expired')
  for (const one of [used, own, never]) assert.equal(await renewalsOf(one), [])
})

test('of several printers the caller says which', async () => {
  const own = await makePrepared(market, 2)
  const [first] = await db.select().from(preparations).where(eq(preparations.preparationId, own.preparationId))
  const printerId = await makePrinter(market, own.userId)
  await makePreparation(market, { purchaseId: own.purchaseId, printerId, profileId: first!.printProfileId })
  clock.pass(24 * hour + 1000)
  assert.is(await codeOf(print(own)), 'printer_required')
  const answer = await printOrRenew(own.user, { purchase_id: own.purchaseId, printer_id: printerId })
  assert.equal([answer.status, answer.printer_id], ['preparing', printerId])
})

test('whatever happens in whatever order, rights add up and no fee is charged again', async () => {
  const step = fc.constantFrom('print', 'slice', 'fail', 'expire', 'an hour', 'cancel')
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 14 }), async (allowed, steps) => {
      const own = await makeExpired(allowed)
      for (const what of steps) {
        clock.pass(1)
        const waiting = (await renewalsOf(own)).find(({ status }) => status === 'pending')
        const queued = (await jobsOf(own)).find(({ status }) => status === 'queued')
        if (what === 'print') await codeOf(print(own))
        if (what === 'slice' && waiting) await slice(waiting.preparationId)
        if (what === 'fail' && waiting) await slice(waiting.preparationId, 'failed')
        if (what === 'cancel' && queued) await cancelPrintJob(own.user, queued.printJobId)
        if (what === 'an hour') clock.pass(hour)
        if (what === 'expire') {
          // Jobs that wait keep their slice: they are none of this test.
          if (queued) await cancelPrintJob(own.user, queued.printJobId)
          clock.pass(24 * hour + 1000)
          await expirePreparations(ctx)
        }
        const renewals = await renewalsOf(own)
        const live = renewals.filter(({ status }) => status === 'pending' || status === 'in_progress')
        assert.ok(live.length <= 1)
        assert.ok(renewals.every(({ renews, slicingFee }) => renews === own.preparationId && slicingFee === 0n))
        assert.equal(await owed(own, 'charge_fee'), [])
        const reserved = (await jobsOf(own)).filter(({ status }) => status === 'queued').length
        const { printsReserved, printsUsed } = await purchaseOf(own)
        assert.equal([printsReserved, printsUsed], [reserved, 0])
        assert.ok(reserved <= allowed)
      }
    }),
    { numRuns: 40 },
  )
})

async function codeOf(answer: Promise<unknown>): Promise<string | null> {
  return answer.then(
    () => null,
    (error: unknown) => {
      if (!isAppError(error)) throw error
      return error.code
    },
  )
}

test.run()
