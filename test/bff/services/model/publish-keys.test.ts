import { randomBytes } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { idempotencyKeys, publishedModels, wallets } from '../../../../schema/db/bff/index.ts'
import { AppError } from '../../../../schema/http/errors.ts'
import { codeOf, makeApi } from '../../../make/api.ts'
import { inspected } from '../../../make/inspected.ts'
import { makeContext } from '../../../make/market.ts'

const test = suite('publishing a model under an Idempotency-Key')

/** A bucket in memory: what this is about is which rows there are. */
const objects = new Map<string, Buffer>()
const bucket: Context['bucket'] = {
  ...({} as Context['bucket']),
  uri: name => `gs://test/${name}`,
  write: async (name, source) => {
    const pieces: Buffer[] = []
    for await (const piece of source) pieces.push(piece as Buffer)
    objects.set(`gs://test/${name}`, Buffer.concat(pieces))
  },
  remove: async uri => void objects.delete(uri),
}
const seen = inspected()
/** What the slicer does, and how often it was asked. */
const slicer = { inspect: async () => seen, asked: 0 }
const market = await makeContext({
  bucket,
  cws: { ...({} as Context['cws']), encrypt: async () => 'wrapped' },
  inspect: () => {
    slicer.asked += 1
    return slicer.inspect()
  },
})
const { ctx, db, clock } = market
const api = await makeApi(market)
test.after(async () => {
  await api.close()
  await market.close()
})
test.before.each(() => {
  slicer.inspect = async () => seen
})

const stl = randomBytes(200_000)
const terms = { license_type: 'pay-per-print', price_hbar: '12.5', prints_allowed: 3 }
const gear = { title: 'Gear', description: '', licenses: [terms] }

interface Sent {
  metadata?: object
  model?: Buffer
  key?: string
  isFileFirst?: boolean
}

async function newDesigner() {
  const { userId } = await market.newUser('designer')
  await db.insert(wallets).values({ userId, purpose: 'treasury', accountId: '0.0.1003', createdAt: ctx.clock() })
  const { token } = await ctx.tokens.forUser(userId, 'designer')
  async function publish({ metadata = gear, model = stl, key = 'k', isFileFirst = false }: Sent = {}) {
    const form = new FormData()
    const text = () => form.append('metadata', JSON.stringify(metadata))
    if (!isFileFirst) text()
    form.append('model', new Blob([new Uint8Array(model)]))
    if (isFileFirst) text()
    const headers = { authorization: `Bearer ${token}`, 'idempotency-key': key }
    const response = await fetch(`${api.url}/api/publish-model`, { method: 'POST', body: form, headers })
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
  }
  const mine = eq(publishedModels.designerId, userId)
  return {
    userId,
    publish,
    count: () => db.$count(publishedModels, mine),
    published: () => db.$count(publishedModels, and(mine, eq(publishedModels.status, 'published'))),
  }
}

/** Has the slicer hold its answer; `reached` resolves when it was asked. */
function holdSlicer() {
  let letGo = () => {}
  const held = new Promise<void>(resolve => {
    letGo = resolve
  })
  const reached = new Promise<void>(resolve => {
    slicer.inspect = async () => {
      slicer.inspect = async () => seen
      resolve()
      await held
      return seen
    }
  })
  return { reached, letGo }
}

test('the same form again, cut into other parts, is the same model', async () => {
  const { publish, count } = await newDesigner()
  const asked = slicer.asked
  const answers = [await publish(), await publish(), await publish({ isFileFirst: true })]
  assert.equal(
    answers.map(answer => answer.status),
    [201, 201, 201],
  )
  assert.equal(new Set(answers.map(answer => answer.body.model_id)).size, 1)
  assert.equal(
    answers.map(answer => answer.headers.get('idempotency-replayed')),
    [null, 'true', 'true'],
  )
  assert.equal([await count(), slicer.asked - asked], [1, 1])
})

test('another file of the same length, or other words, are refused', async () => {
  const { publish, count } = await newDesigner()
  await publish()
  const other = Buffer.from(stl)
  other[100_000]! ^= 1
  assert.is(codeOf(await publish({ model: other })), 'idempotency_key_reused')
  assert.is(codeOf(await publish({ metadata: { ...gear, title: 'Rear' } })), 'idempotency_key_reused')
  assert.is((await publish({ model: other, key: 'k2' })).status, 201)
  assert.is(await count(), 2)
})

test('a refusal of the slicer is given again without asking it', async () => {
  const { publish, count } = await newDesigner()
  slicer.inspect = async () => {
    throw new AppError('stl_not_finite', 'Triangle 7 has a corner at infinity.')
  }
  const asked = slicer.asked
  const answers = [await publish(), await publish()]
  assert.equal(answers.map(codeOf), ['stl_not_finite', 'stl_not_finite'])
  assert.equal([await count(), slicer.asked - asked], [0, 1])
})

test('a slicer that is away leaves nothing, and the same key publishes later', async () => {
  const { publish, count } = await newDesigner()
  slicer.inspect = async () => {
    throw new AppError('unavailable', 'Not now.')
  }
  assert.is(codeOf(await publish()), 'unavailable')
  assert.is(await count(), 0)
  slicer.inspect = async () => seen
  assert.is(codeOf(await publish({ metadata: { ...gear, title: 'Rear' } })), 'idempotency_key_reused')
  assert.is((await publish()).status, 201)
  assert.is(await count(), 1)
})

test('a twin that comes while the first is being published is told so, and sees its answer', async () => {
  const { publish, count } = await newDesigner()
  const { reached, letGo } = holdSlicer()
  const first = publish()
  await reached
  const twins = await Promise.all([publish(), publish({ model: randomBytes(3_000_000) })])
  assert.equal(twins.map(codeOf), ['request_in_progress', 'request_in_progress'])
  letGo()
  assert.is((await first).status, 201)
  assert.is(await count(), 1)
})

test('a repeated request finds the model that a process published before it died, and does not publish it again', async () => {
  const { userId, publish, count } = await newDesigner()
  const first = await publish()
  const isHis = eq(idempotencyKeys.userId, userId)
  await db.update(idempotencyKeys).set({ status: null, response: null, leaseUntil: ctx.clock() }).where(isHis)
  const other = Buffer.from(stl)
  other[0]! ^= 1
  assert.is(codeOf(await publish({ model: other })), 'idempotency_key_reused')
  const again = await publish()
  assert.equal([again.status, again.body.model_id], [201, first.body.model_id])
  assert.equal((await publish()).body, again.body)
  assert.is(await count(), 1)
})

test('a process that died in the middle leaves no second row when the request comes again', async () => {
  const { publish, count, published } = await newDesigner()
  const { reached, letGo } = holdSlicer()
  const dead = publish()
  await reached
  assert.is(await count(), 1)
  clock.pass(31_000)
  assert.is((await publish()).status, 201)
  assert.equal([await count(), await published()], [1, 1])
  letGo()
  await dead
})

test('one that stood still, and wakes up when another has published, does not publish a second model', async () => {
  const { publish, count, published } = await newDesigner()
  const { reached, letGo } = holdSlicer()
  const slow = publish()
  await reached
  clock.pass(31_000)
  const taken = await publish()
  assert.is(taken.status, 201)
  letGo()
  const woken = await slow
  assert.is.not(woken.body.model_id, undefined, JSON.stringify(woken.body))
  assert.equal([woken.status, woken.body.model_id], [201, taken.body.model_id])
  assert.equal((await publish()).body, taken.body)
  assert.equal([await count(), await published()], [1, 1])
})

test.run()
