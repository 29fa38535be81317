import { eq, inArray, sql } from 'drizzle-orm'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { receivePushedResult } from '../../../../bff/services/dead-letter/receive-result.ts'
import { appendLedgerEvent } from '../../../../bff/services/outbox/append.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { prepare } from '../../../../bff/services/preparation/prepare.ts'
import { startPreparation } from '../../../../bff/services/preparation/start.ts'
import { removePrinter } from '../../../../bff/services/printer/remove.ts'
import { createProfile } from '../../../../bff/services/profile/create.ts'
import { ledgerTransactions, outbox, preparations, printers, purchases } from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { newId } from '../../../../schema/http/ids.ts'
import type { SlicingJob } from '../../../../schema/messages/slicing.ts'
import { atEveryStep, crashingAt } from '../../../make/crash.ts'
import { hbar, license, makeMoney } from '../../../make/money.ts'
import { makePrinter } from '../../../make/prepared.ts'
import { reconcileLedger } from '../../../make/reconcile.ts'
import { slicedResult } from '../../../make/sliced.ts'

const test = suite('every event, exactly once')

/** What Pub/Sub has and is still to deliver. */
const jobs: SlicingJob[] = []
const results: Buffer[] = []
/** The slices that lie in the bucket. */
const objects = new Set<string>()
/** Of the next publishings: fails before it is published, or loses the answer after. */
const publishFaults: ('before' | 'after')[] = []
const market = await makeMoney({
  // A relay then waits for the ledger for less than half a second, and its lease is over in three.
  settings: { timeScale: 20 },
  bucket: {
    uri: (name: string) => `gs://lmnt-test/${name}`,
    remove: async (uri: string) => void objects.delete(uri),
  } as unknown as Context['bucket'],
  publish: async (channel, _eventId, message) => {
    const fault = publishFaults.shift()
    if (fault === 'before') throw new Error('not published')
    if (channel === 'slicing-jobs') jobs.push(message as SlicingJob)
    if (fault === 'after') throw new Error('published, but the answer is lost')
  },
})
const { ctx, db, clock, hedera } = market
test.after(market.close)

const noFaults = { answersToLose: 0, submissionsToRefuse: 0, busyAnswers: 0, answerDelayMs: 0, mirrorLagMs: 0 }
const calm = () => {
  Object.assign(hedera.faults, noFaults)
  publishFaults.length = 0
}
test.before.each(calm)

/** What is on the topic since `after`, as anyone can read it. */
async function onTopic(after = 0): Promise<{ event_id: string; type: string; preparation_id?: string }[]> {
  const page = await hedera.ledger.topicMessages(ctx.settings.topicId, { after })
  const read = page.map(one => JSON.parse(one.message.toString()))
  return page.length === 0 ? [] : [...read, ...(await onTopic(page.at(-1)!.sequence))]
}
const topicEnd = async () => (await onTopic()).length

/** Two events of one printer, in this order. */
async function addTwoEvents(): Promise<void> {
  const printer_id = newId('printer', ctx.random)
  const of = { public: { printer_id }, private: { user_id: '' } }
  await appendLedgerEvent(ctx, db, { type: 'printer_registered', ...of, private: { user_id: '', name: '' } })
  await appendLedgerEvent(ctx, db, { type: 'printer_revoked', ...of })
}

/** Lets time pass and works, until nothing is owed. */
async function settle(): Promise<void> {
  for (let round = 0; round < 20; round++) {
    clock.pass(61_000)
    await reconcileLedger(ctx)
    await drain(ctx)
    const owed = (await db.select().from(outbox)).filter(row => !row.deliveredAt)
    if (owed.length === 0) return
    assert.equal(
      owed.filter(row => row.deadAt),
      [],
      'nothing dies of trouble on the way',
    )
  }
  assert.unreachable('something is owed for ever')
}

/** Kills a relay of two events at each of its steps; what there is on the topic afterwards must be both, once, in order. */
async function killAtEachStep(before: () => void, between: () => Promise<void>, stride: number): Promise<void> {
  await settle()
  let end = await topicEnd()
  await atEveryStep(
    ctx,
    async mortal => {
      await addTwoEvents()
      before()
      await drain(mortal)
    },
    async () => {
      // Others come at once, while what the dead one took is still held by its lease.
      await Promise.all([drain(ctx), drain(ctx)])
      await between()
      calm()
      await settle()
      const all = await onTopic()
      assert.equal(
        all.slice(end).map(message => message.type),
        ['printer_registered', 'printer_revoked'],
      )
      assert.is(new Set(all.map(message => message.event_id)).size, all.length, 'no event twice')
      end = all.length
    },
    stride,
  )
}

test('a relay dies at any step beside two others, with answers lost and nodes that turn transactions away', () => {
  let kill = 0
  const before = () => {
    kill += 1
    Object.assign(hedera.faults, {
      answersToLose: kill % 3,
      submissionsToRefuse: kill % 2,
      busyAnswers: kill % 4 === 3 ? 1 : 0,
    })
  }
  return killAtEachStep(before, async () => {}, 2)
})

test('and with receipts gone and a mirror that is far behind: nothing is written again that may be there', () => {
  const before = () => Object.assign(hedera.faults, { answersToLose: 1, mirrorLagMs: 600_000 })
  const between = async () => {
    // Past the transactions' validity and the nodes' memory; the mirror cannot know yet.
    clock.pass(250_000)
    await Promise.all([drain(ctx), drain(ctx), reconcileLedger(ctx)])
  }
  return killAtEachStep(before, between, 2)
})

test('an event is one transaction, and a receipt has its place on the topic', async () => {
  await settle()
  const rows = await db.select().from(outbox).where(eq(outbox.channel, 'ledger'))
  const messages = await db.select().from(ledgerTransactions).where(eq(ledgerTransactions.kind, 'event'))
  const settled = messages.filter(one => one.status === 'settled')
  assert.equal(new Set(settled.map(one => one.subjectId)), new Set(rows.map(row => row.eventId)))
  assert.is(settled.length, rows.length)
  const all = await onTopic()
  for (const { subjectId, topicSequence } of settled) {
    if (topicSequence !== null) assert.is(all[topicSequence - 1]?.event_id, subjectId)
  }
})

// The whole way of a preparation, by messages that are lost, doubled and late, over relays that die.

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
