import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { listDeadLetters } from '../../../../bff/services/dead-letter/list.ts'
import { replayDeadLetter } from '../../../../bff/services/dead-letter/replay.ts'
import { appendMessage } from '../../../../bff/services/outbox/append.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { startPreparation } from '../../../../bff/services/preparation/start.ts'
import { releaseAttempts } from '../../../../bff/services/print-job/release-attempts.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { deadLetters, operatorActs, outbox, preparations, purchases } from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { newId } from '../../../../schema/http/ids.ts'
import { codeOf, makeApi } from '../../../make/api.ts'
import { makeContext } from '../../../make/market.ts'
import { makePrepared } from '../../../make/prepared.ts'
import { slicedResult } from '../../../make/sliced.ts'

const test = suite('dead letters')
const sent: unknown[] = []
const bucket = {
  uri: (name: string) => `gs://lmnt-test/${name}`,
  remove: async () => {},
} as unknown as Context['bucket']
const market = await makeContext({ bucket, publish: async (_channel, _id, message) => void sent.push(message) })
const { ctx, db } = market
const api = await makeApi(market)
const operator = market.as({ kind: 'operator' })
const slicer = market.as({ kind: 'service', email: ctx.settings.slicerServiceAccount })
test.after(async () => {
  await api.close()
  await market.close()
})
test.before.each(async () => {
  await db.delete(deadLetters)
  await db.delete(outbox)
  sent.length = 0
})

let count = 0
const nextId = () => String(++count)

/** Pushes as Pub/Sub does; gives the status, of which 2xx acknowledges. */
async function push(data: string | Buffer | undefined, messageId = nextId(), path = '/pubsub/slicing-results') {
  const message = { messageId, ...(data === undefined ? {} : { data: Buffer.from(data).toString('base64') }) }
  const body = { message, subscription: 'projects/p/subscriptions/s' }
  return (await api.ask('POST', path, { token: 'service-push', body })).status
}

/** A preparation that is being sliced without a fee, and the message of its end. */
async function newSlice() {
  const prepared = await makePrepared(market, 3)
  const isIt = eq(preparations.preparationId, prepared.preparationId)
  const fresh = { status: 'pending', step: 'queued', gcodeFileUrl: null, leaseUntil: null, slicingFee: 0n } as const
  await db.update(preparations).set(fresh).where(isIt)
  const result = JSON.stringify(slicedResult(await startPreparation(slicer, prepared.preparationId)))
  return { ...prepared, result, status: async () => (await db.select().from(preparations).where(isIt))[0]?.status }
}

const letters = async () => (await listDeadLetters(operator)).map(letter => letter.topic)
async function codeFrom(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    error => (isAppError(error) ? error.code : String(error)),
  )
}

test('a result that can never be read is acknowledged, kept once, and changes nothing', async () => {
  const unreadable = {
    'no JSON': '{',
    'no result': '{"outcome":"perfect"}',
    'no text': '\xff\xfe',
    nothing: undefined,
    'a character that cannot be stored': JSON.stringify({ outcome: 'failed', message: 'a\0b' }),
  }
  for (const [what, data] of Object.entries(unreadable)) {
    const id = nextId()
    for (let delivery = 0; delivery < 3; delivery++) assert.is(await push(data, id), 204, what)
  }
  assert.is((await letters()).length, 5)
  const [first] = await db.select().from(deadLetters)
  assert.equal([first?.failures, first?.topic], [3, 'slicing-results'])
  const raw = { token: 'service-push', body: 'no push request' }
  assert.is((await api.ask('POST', '/pubsub/slicing-results', raw)).status, 204)
  assert.is((await letters()).length, 6)
})

test('nobody but Pub/Sub and the slicer can put a letter there', async () => {
  const letter = { topic: 'slicing-jobs', message_id: '1', body: '', error: 'x' }
  const ask = (path: string, token: string, body: unknown) => api.ask('POST', path, { token, body })
  for (const path of ['/pubsub/slicing-results', '/pubsub/dead-letters', '/internal/dead-letters']) {
    assert.is(codeOf(await ask(path, 'service-stranger', letter)), 'forbidden', path)
    assert.is(codeOf(await ask(path, 'nonsense', letter)), 'unauthenticated', path)
  }
  assert.is(await db.$count(deadLetters), 0)
})

test('a message that fails by our own fault is redelivered, given up after ten attempts, and can be replayed', async () => {
  const { result, status, preparationId } = await newSlice()
  const { db: whole } = ctx
  const broken = () => {
    throw new TypeError('a bug')
  }
  ctx.db = new Proxy(whole, { get: (target, name) => (name === 'transaction' ? broken : Reflect.get(target, name)) })
  const id = nextId()
  const statuses: number[] = []
  for (let delivery = 0; delivery < 10; delivery++) statuses.push(await push(result, id))
  ctx.db = whole
  assert.equal(statuses, [...Array(9).fill(500), 204])
  assert.is(await status(), 'in_progress')
  const [letter] = await listDeadLetters(operator)
  assert.match(letter!.error, /a bug/)

  assert.is(await replayDeadLetter(operator, letter!.id), 'taken')
  assert.is(await status(), 'completed')
  assert.equal(await letters(), [])
  assert.is(await codeFrom(replayDeadLetter(operator, letter!.id)), 'not_found')
  const acts = await db.select().from(operatorActs).where(eq(operatorActs.subjectId, letter!.id))
  assert.equal(
    acts.map(act => act.act),
    ['replay'],
  )
  const events = await db.select().from(outbox).where(eq(outbox.type, 'model_prepare'))
  assert.is(events.filter(event => JSON.stringify(event.payload).includes(preparationId)).length, 1)
})

test('a message that fails for a while and is then accepted is no dead letter', async () => {
  const { result, status } = await newSlice()
  const { db: whole } = ctx
  const broken = () => {
    throw new TypeError('a bug')
  }
  const id = nextId()
  ctx.db = new Proxy(whole, { get: (target, name) => (name === 'transaction' ? broken : Reflect.get(target, name)) })
  assert.equal([await push(result, id), await push(result, id)], [500, 500])
  ctx.db = whole
  assert.is(await push(result, id), 204)
  assert.equal([await status(), await letters()], ['completed', []])
})

test('a result that comes many times, at once and later, takes effect once', async () => {
  const { result, status, preparationId } = await newSlice()
  const pushes = await Promise.all(Array.from({ length: 8 }, () => push(result)))
  assert.equal(new Set([...pushes, await push(result)]), new Set([204]))
  assert.is(await status(), 'completed')
  const owed = await db.select().from(outbox)
  assert.equal(
    owed.filter(row => JSON.stringify(row.payload).includes(preparationId)).map(row => row.type),
    ['model_prepare'],
  )
})

test('a slicing job that the slicer cannot read is kept here, and goes out again when somebody mended it', async () => {
  const ask = (body: unknown) => api.ask('POST', '/internal/dead-letters', { token: 'service-slicer', body })
  const job = {
    purchase_id: newId('purchase', ctx.random),
    preparation_id: newId('preparation', ctx.random),
    print_profile_id: newId('profile', ctx.random),
    printer_id: newId('printer', ctx.random),
    model_id: newId('model', ctx.random),
    stl_gcs_uri: 'gs://lmnt-test/model',
    stl_dek: 'wrapped',
    stl_iv: 'iv',
    stl_mac: 'mac',
    stl_units: null,
  }
  const letter = (messageId: string, text: string) => ({
    topic: 'slicing-jobs',
    message_id: messageId,
    body: Buffer.from(text).toString('base64'),
    error: 'of an older version',
  })
  assert.is((await ask(letter('1', JSON.stringify(job)))).status, 204)
  assert.is((await ask(letter('2', '{}'))).status, 204)
  assert.equal(await letters(), ['slicing-jobs', 'slicing-jobs'])
  assert.is(await replayDeadLetter(operator, 'slicing-jobs:1'), 'taken')
  assert.is(await codeFrom(replayDeadLetter(operator, 'slicing-jobs:2')), 'invalid_input')
  await drain(ctx)
  assert.equal(sent, [job])
  assert.equal(await letters(), ['slicing-jobs'])
})

test('a message that Pub/Sub gave up is kept, too, unless it belongs to another marketplace', async () => {
  const giveUp = async (source: string) => {
    const attributes = {
      CloudPubSubDeadLetterSourceSubscription: source,
      CloudPubSubDeadLetterSourceDeliveryCount: '100',
    }
    const message = { messageId: '7', attributes, data: Buffer.from('{}').toString('base64') }
    const body = { message, subscription: 'projects/p/subscriptions/dead' }
    return api.ask('POST', '/pubsub/dead-letters', { token: 'service-push', body })
  }
  for (const source of ['test-slicing-jobs', 'staging-slicing-jobs-subscription', 'test-print-jobs-subscription', '']) {
    assert.is(codeOf(await giveUp(source)), 'invalid_input', source)
  }
  assert.equal(await letters(), [])
  for (const topic of ['slicing-jobs', 'slicing-results']) {
    for (let delivery = 0; delivery < 2; delivery++) {
      assert.is((await giveUp(`test-${topic}-subscription`)).status, 204)
    }
  }
  assert.equal(await letters(), ['slicing-jobs', 'slicing-results'])
  const [letter] = await listDeadLetters(operator)
  assert.is(letter?.id, 'slicing-jobs:given-up:7')
  assert.match(letter!.error, /after 100 deliveries/)
})

test('a dead row of the outbox is delivered when an operator replays it', async () => {
  await appendMessage(ctx, db, { channel: 'print-jobs', type: 'print_job', payload: { number: 1 } })
  const [row] = await db.update(outbox).set({ deadAt: ctx.clock(), failures: 20, lastError: 'poison' }).returning()
  await drain(ctx)
  assert.equal(sent, [])
  const [letter] = await listDeadLetters(operator)
  assert.equal([letter?.id, letter?.direction, letter?.error], [row?.eventId, 'outgoing', 'poison'])
  assert.is(await replayDeadLetter(operator, row!.eventId), 'due again')
  await drain(ctx)
  assert.equal(sent, [{ number: 1 }])
  assert.is(await codeFrom(replayDeadLetter(operator, row!.eventId)), 'not_found')
})

test('a purchase whose prints failed too often prints again when an operator releases it, and that is on record', async () => {
  const { purchaseId, user } = await makePrepared(market, 3)
  const isIt = eq(purchases.purchaseId, purchaseId)
  await db.update(purchases).set({ attempts: 5 }).where(isIt)
  assert.is(await codeFrom(requestPrint(user, { purchase_id: purchaseId })), 'attempts_exhausted')
  assert.is(await releaseAttempts(operator, purchaseId), 5)
  assert.is(await releaseAttempts(operator, purchaseId), 0)
  assert.is((await requestPrint(user, { purchase_id: purchaseId })).status, 'queued')
  const acts = await db.select().from(operatorActs).where(eq(operatorActs.subjectId, purchaseId))
  assert.equal(
    acts.map(({ act, detail }) => ({ act, detail })),
    [{ act: 'release-attempts', detail: { attempts: 5 } }],
  )
  assert.is(await codeFrom(releaseAttempts(operator, newId('purchase', ctx.random))), 'not_found')
})

test('all of this is for operators only', async () => {
  const { user, printer, purchaseId } = await makePrepared(market)
  for (const as of [user, printer, slicer, ctx]) {
    assert.is(await codeFrom(listDeadLetters(as)), 'forbidden')
    assert.is(await codeFrom(replayDeadLetter(as, 'slicing-jobs:1')), 'forbidden')
    assert.is(await codeFrom(releaseAttempts(as, purchaseId)), 'forbidden')
  }
})

test.run()
