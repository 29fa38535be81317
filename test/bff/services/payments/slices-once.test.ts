/** The whole way of a preparation, by messages that are lost, doubled and late, over relays that die. */
import { eq, inArray, sql } from 'drizzle-orm'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { receivePushedResult } from '../../../../bff/services/dead-letter/receive-result.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { prepare } from '../../../../bff/services/preparation/prepare.ts'
import { startPreparation } from '../../../../bff/services/preparation/start.ts'
import { removePrinter } from '../../../../bff/services/printer/remove.ts'
import { createProfile } from '../../../../bff/services/profile/create.ts'
import { preparations, printers, purchases } from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { newId } from '../../../../schema/http/ids.ts'
import { crashingAt } from '../../../make/crash.ts'
import { makeDeliveries } from '../../../make/deliveries.ts'
import { hbar, license } from '../../../make/money.ts'
import { makePrinter } from '../../../make/prepared.ts'
import { slicedResult } from '../../../make/sliced.ts'

const test = suite('every slice, paid and told exactly once')
const market = await makeDeliveries()
const { calm, clock, ctx, db, hedera, jobs, objects, onTopic, publishFaults, settle, topicEnd } = market
test.after(market.close)
test.before.each(calm)

/** Results that Pub/Sub is still to deliver. */
const results: Buffer[] = []

const buyer = await market.newUser()
await market.fund(buyer.userId, 400n * hbar)
const model = await market.newModel()
const profile = await createProfile(buyer.ctx, {
  name: 'PLA',
  machine_settings: {},
  process_settings: {},
  filament: {},
})
const slicer = market.as({ kind: 'service', email: ctx.settings.slicerServiceAccount })
const asPush = (as: Context): Context => ({ ...as, actor: { kind: 'service', email: ctx.settings.pushServiceAccount } })

async function askForSlice(as: Context): Promise<string> {
  const purchaseId = newId('purchase', ctx.random)
  await db.insert(purchases).values({
    purchaseId,
    userId: buyer.userId,
    modelId: model.modelId,
    licenseType: license,
    price: 1n,
    currency: 'hbar',
    printsAllowed: 1,
    status: 'active',
    createdAt: ctx.clock(),
  })
  const printerId = await makePrinter(market, buyer.userId)
  const answer = await prepare(
    { ...as, actor: buyer.ctx.actor },
    {
      user_id: buyer.userId,
      purchase_id: purchaseId,
      print_profile_id: profile.print_profile_id,
      storage_currency: 'hbar',
      print_immediately: false,
      printer_id: printerId,
    },
  )
  return answer.preparation_id
}

/** Its owner removes the printer that a slice is for, unless that is done. */
async function removePrinterOf(preparationId: string): Promise<void> {
  const [row] = await db.select().from(preparations).where(eq(preparations.preparationId, preparationId))
  await removePrinter(buyer.ctx, row!.printerId, { force: false }).catch((error: unknown) => {
    if (!isAppError(error, 'not_found')) throw error
  })
}

/** The slicer takes a message; one that is refused comes again, unless it was only late. */
async function slice(): Promise<void> {
  const job = jobs.shift()
  if (!job) return
  try {
    const start = await startPreparation(slicer, job.preparation_id)
    objects.add(start.gcode_gcs_uri)
    results.push(Buffer.from(JSON.stringify(slicedResult(start))))
  } catch (error) {
    if (!isAppError(error, 'preparation_in_progress', 'preparation_ended')) throw error
    if (error.code === 'preparation_in_progress') jobs.push(job)
  }
}

/** Pub/Sub pushes a result; what is not acknowledged comes again. */
async function take(as: Context): Promise<void> {
  const result = results.shift()
  if (!result) return
  const message = { messageId: String(messages++), data: result.toString('base64') }
  const body = Buffer.from(JSON.stringify({ message, subscription: 's' }))
  await receivePushedResult(asPush(as), body).catch(() => results.push(result))
}
let messages = 0

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ what: 'ask' } as const) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('relay' as const), relays: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 4, arbitrary: fc.constant({ what: 'slice' } as const) },
  { weight: 4, arbitrary: fc.constant({ what: 'take' } as const) },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('die' as const),
      in: fc.constantFrom('relay', 'take'),
      at: fc.integer({ min: 1, max: 25 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('double' as const), of: fc.constantFrom('job', 'result') }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('publish fails' as const), how: fc.constantFrom('before', 'after') }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      { what: 'faults', answersToLose: 2 } as const,
      { what: 'faults', submissionsToRefuse: 2 } as const,
      { what: 'faults', mirrorLagMs: 30_000 } as const,
    ),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('remove the printer' as const), of: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('pass' as const), seconds: fc.constantFrom(3, 61, 240) }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

async function walk(one: Step, asked: string[]): Promise<void> {
  if (one.what === 'ask') asked.push(await askForSlice(ctx))
  if (one.what === 'relay') await Promise.all(Array.from({ length: one.relays }, () => drain(ctx)))
  if (one.what === 'slice') await slice()
  if (one.what === 'take') await take(ctx)
  if (one.what === 'die') {
    const { ctx: mortal } = crashingAt(ctx, one.at)
    await (one.in === 'relay' ? drain(mortal) : take(mortal)).catch(() => {})
  }
  if (one.what === 'double') {
    const [job, result] = [jobs[0], results[0]]
    if (one.of === 'job' && job) jobs.push(job)
    if (one.of === 'result' && result) results.push(result)
  }
  if (one.what === 'remove the printer') await removePrinterOf(asked[one.of % asked.length]!)
  if (one.what === 'publish fails') publishFaults.push(one.how as 'before' | 'after')
  if (one.what === 'faults') Object.assign(hedera.faults, one)
  if (one.what === 'pass') clock.pass(one.seconds * 1000)
}

/** Goes on until nothing is under way any more, and tells how the slices ended. */
async function endOf(asked: string[]) {
  const find = () =>
    db
      .select({
        preparationId: preparations.preparationId,
        status: preparations.status,
        gcodeFileUrl: preparations.gcodeFileUrl,
        isPrinterGone: sql<boolean>`${printers.status} = 'revoked'`,
      })
      .from(preparations)
      .innerJoin(printers, eq(printers.printerId, preparations.printerId))
      .where(inArray(preparations.preparationId, asked))
  for (let round = 0; round < 10; round++) {
    await settle()
    for (let left = jobs.length; left > 0; left--) await slice()
    for (let left = results.length; left > 0; left--) await take(ctx)
    if (results.length === 0 && (await find()).every(one => !live.includes(one.status))) break
  }
  await settle()
  return find()
}

const live = ['pending', 'in_progress']
const paid = ['completed', 'expired']

test('in any order of writes, relays, deaths, lost and doubled deliveries, a slice is paid for and told once, or neither', async () => {
  await settle()
  const property = fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async steps => {
    const balance = await market.balanceOf(buyer.userId)
    const end = await topicEnd()
    const asked = [await askForSlice(ctx)]
    for (const one of steps) await walk(one, asked)

    calm()
    const slices = await endOf(asked)
    const told = (await onTopic()).slice(end)
    for (const { preparationId, status } of slices) {
      const types = told.filter(message => message.preparation_id === preparationId).map(message => message.type)
      const isPaid = paid.includes(status)
      assert.equal(types, isPaid ? ['slicing_fee', 'model_prepare'] : [], `the topic on ${preparationId}, ${status}`)
    }
    const printersGone = slices.filter(slice => slice.isPrinterGone)
    assert.equal(
      slices.filter(slice => slice.status !== 'completed' && !slice.isPrinterGone),
      [],
      'only for a printer that is gone is nothing sliced',
    )
    const count = slices.filter(slice => paid.includes(slice.status)).length
    assert.is(told.length, 2 * count + printersGone.length)
    const fee = ctx.settings.slicingFees.hbar!
    assert.is(balance - (await market.balanceOf(buyer.userId)), fee * BigInt(count))
    const kept = slices.filter(slice => slice.status === 'completed').map(slice => slice.gcodeFileUrl)
    assert.equal([...objects].sort(), kept.sort(), 'in the bucket is what the preparations keep, and nothing else')
    objects.clear()
  })
  await fc.assert(property, { numRuns: 5, endOnFailure: true })
})

test.run()
