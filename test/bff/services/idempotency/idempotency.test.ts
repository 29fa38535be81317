import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { purge } from '../../../../bff/services/purge.ts'
import { idempotencyKeys, purchases } from '../../../../schema/db/bff/index.ts'
import { AppError } from '../../../../schema/http/errors.ts'
import { codeOf, makeApi } from '../../../make/api.ts'
import { hbar, license, makeMoney } from '../../../make/money.ts'

const test = suite('requests with an Idempotency-Key')
const market = await makeMoney()
const { ctx, db, clock } = market
const api = await makeApi(market)
test.after(async () => {
  await api.close()
  await market.close()
})

const model = await market.newModel()

async function newBuyer() {
  const { userId } = await market.newBuyer({ hbar: 100n * hbar })
  const order = { user_id: userId, model_id: model.modelId, license_type: license, storage_currency: 'hbar' }
  const buy = async (key: string, changes: object = {}) =>
    api.ask('POST', '/api/purchase-model', {
      token: (await ctx.tokens.forUser(userId, 'enthusiast')).token,
      body: { ...order, ...changes },
      headers: { 'idempotency-key': key },
    })
  return { userId, buy, count: () => db.$count(purchases, eq(purchases.userId, userId)) }
}

test('the same request again gets the same answer, and nothing is done twice', async () => {
  const { buy, count } = await newBuyer()
  const first = await buy('k1')
  const second = await buy('k1')
  assert.is(first.status, 200)
  assert.equal(second.body, first.body)
  assert.is(second.headers.get('idempotency-replayed'), 'true')
  assert.is(await count(), 1)
})

test('another body under the same key is refused, another user or key is not', async () => {
  const [one, two] = [await newBuyer(), await newBuyer()]
  await one.buy('k1')
  assert.is(codeOf(await one.buy('k1', { license_type: 'other' })), 'idempotency_key_reused')
  assert.is((await two.buy('k1')).status, 200)
  assert.is((await one.buy('k2')).status, 200)
  assert.equal([await one.count(), await two.count()], [2, 1])
})

test('a refusal is an answer, too', async () => {
  const { buy } = await newBuyer()
  const first = await buy('k1', { license_type: 'other' })
  const second = await buy('k1', { license_type: 'other' })
  assert.is(codeOf(second), 'license_not_offered')
  assert.equal(second.body, first.body)
})

test('of twins at once one is done, and the other is told so', async () => {
  const { buy, count } = await newBuyer()
  const answers = await Promise.all(Array.from({ length: 8 }, () => buy('k1')))
  assert.is(await count(), 1)
  for (const answer of answers) {
    if (answer.status !== 200) assert.is(codeOf(answer), 'request_in_progress')
  }
  assert.ok(answers.some(answer => answer.status === 200))
})

test('a request that failed as unavailable can be repeated with the same key', async () => {
  const { buy, count } = await newBuyer()
  const { balance } = ctx.ledger
  ctx.ledger.balance = async () => {
    throw new AppError('ledger_unavailable', 'Not now.')
  }
  assert.is(codeOf(await buy('k1')), 'ledger_unavailable')
  ctx.ledger.balance = balance
  assert.is((await buy('k1')).status, 200)
  assert.is(await count(), 1)
})

test('a wallet service that is away while the payment is signed costs nothing, and the same key pays later, once', async () => {
  const { userId, buy } = await newBuyer()
  const { sign } = ctx.cws
  ctx.cws.sign = async () => {
    throw new AppError('cws_unavailable', 'Not now.')
  }
  assert.is(codeOf(await buy('k1')), 'cws_unavailable')
  assert.is(codeOf(await buy('k1')), 'cws_unavailable')
  ctx.cws.sign = sign
  assert.is((await buy('k1')).body.status, 'active')
  assert.is((await buy('k1')).body.status, 'active')
  const made = await db.select().from(purchases).where(eq(purchases.userId, userId))
  assert.equal(made.map(one => one.status).sort(), ['active', 'failed', 'failed'])
  assert.is(await market.balanceOf(userId), 90n * hbar)
})

test('after a failure of our own the same key goes on at once', async () => {
  const { userId, buy, count } = await newBuyer()
  const { submit } = ctx.ledger
  ctx.ledger.submit = () => {
    throw new Error('a bug')
  }
  assert.is(codeOf(await buy('k1')), 'internal')
  ctx.ledger.submit = submit
  assert.is((await buy('k1')).body.status, 'active')
  assert.is(await count(), 1)
  assert.is(await market.balanceOf(userId), 90n * hbar)
})

/** Holds every request for a balance until it is released; `reached` resolves when one is held. */
function holdAtBalance() {
  const { balance } = ctx.ledger
  const held: (() => void)[] = []
  let tell = () => {}
  const reached = new Promise<void>(resolve => {
    tell = resolve
  })
  ctx.ledger.balance = async accountId => {
    await new Promise<void>(resolve => {
      held.push(resolve)
      tell()
    })
    return balance(accountId)
  }
  const letGo = () => {
    ctx.ledger.balance = balance
    for (const go of held) go()
  }
  return { reached, letGo, restore: () => (ctx.ledger.balance = balance) }
}

test('a request whose process died is taken up under its name after half a minute, and pays once', async () => {
  const { userId, buy, count } = await newBuyer()
  const isHis = eq(idempotencyKeys.userId, userId)
  const { balance } = ctx.ledger
  let inFlight: typeof idempotencyKeys.$inferSelect | undefined
  ctx.ledger.balance = async accountId => {
    inFlight = (await db.select().from(idempotencyKeys).where(isHis))[0]
    return balance(accountId)
  }
  const { purchase_id } = (await buy('k1')).body
  ctx.ledger.balance = balance
  // As if the process had died before it could keep the answer.
  await db
    .update(idempotencyKeys)
    .set(inFlight ?? {})
    .where(isHis)
  assert.is(codeOf(await buy('k1')), 'request_in_progress')
  assert.is(codeOf(await buy('k1', { license_type: 'other' })), 'idempotency_key_reused')
  clock.pass(31_000)
  const again = await buy('k1')
  assert.equal([again.status, again.body.purchase_id], [200, purchase_id])
  assert.is(await count(), 1)
  assert.is(await market.balanceOf(userId), 90n * hbar)
})

test('a request that stands still and wakes up after another took it over pays no second time', async () => {
  const { userId, buy, count } = await newBuyer()
  const hold = holdAtBalance()
  const slow = buy('k1')
  await hold.reached
  hold.restore()
  assert.is(codeOf(await buy('k1')), 'request_in_progress')
  clock.pass(31_000)
  const taken = await buy('k1')
  hold.letGo()
  const woken = await slow
  assert.equal([taken.status, woken.status], [200, 200])
  assert.is(woken.body.purchase_id, taken.body.purchase_id)
  assert.equal((await buy('k1')).body, taken.body)
  assert.is(await count(), 1)
  assert.is(await market.balanceOf(userId), 90n * hbar)
})

test('a key is free again after a day', async () => {
  const { userId, buy, count } = await newBuyer()
  await buy('k1')
  clock.pass(25 * 3600_000)
  await purge(ctx)
  assert.is(await db.$count(idempotencyKeys, eq(idempotencyKeys.userId, userId)), 0)
  assert.is((await buy('k1')).status, 200)
  assert.is(await count(), 2)
})

test.run()
