import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { countUse, type Use, undoUses } from '../../../../bff/services/throttle.ts'
import { clientNetwork } from '../../../../runtime/client-network.ts'
import { createShell } from '../../../../runtime/http.ts'
import { silentLog } from '../../../../runtime/log.ts'
import { throttles } from '../../../../schema/db/bff/index.ts'
import { AppError } from '../../../../schema/http/errors.ts'
import { fromProblem } from '../../../../schema/http/problem.ts'
import { type Asked, codeOf, makeApi, type TestApi } from '../../../make/api.ts'
import { type Transaction, untilWaiting } from '../../../make/held.ts'
import { makeContext, type TestContext } from '../../../make/market.ts'

interface World {
  market: TestContext
  api: TestApi
}
const test = suite<World>('how often strangers may try')

test.before(async world => {
  world.market = await makeContext({ settings: { trustedProxies: 1 } })
  world.api = await makeApi(world.market)
})
test.after(async ({ market, api }) => {
  await api.close()
  await market.close()
})

let count = 0
const home = '203.0.113.5'
const person = () => ({ email: `person${++count}@example.com`, password: 'long enough' })
const post = ({ api }: World, name: string, body: object, from = home): Promise<Asked> =>
  api.ask('POST', `/api/auth/${name}`, { body, headers: { 'x-forwarded-for': `198.51.100.${count}, ${from}` } })

/** As if so many uses had been counted in this window. */
async function used({ market }: World, key: string, times: number) {
  const row = { key, count: times, resetsAt: new Date(market.clock.now().getTime() + 600_000) }
  await market.db.insert(throttles).values(row).onConflictDoUpdate({ target: throttles.key, set: row })
}

function requireRetry(answer: Asked, mostS: number): void {
  assert.is(codeOf(answer), 'too_many_requests')
  const seconds = Number(answer.headers.get('retry-after'))
  assert.ok(Number.isInteger(seconds) && seconds > 0 && seconds <= mostS, `Retry-After: ${seconds}`)
}

test('a stranger who guesses locks out the stranger, and not the owner', async world => {
  const who = person()
  await post(world, 'register', who)
  const wrong = { ...who, password: 'a wrong one' }
  for (let time = 0; time < 10; time++) {
    assert.is(codeOf(await post(world, 'login', wrong, '192.0.2.1')), 'wrong_credentials')
  }
  requireRetry(await post(world, 'login', wrong, '192.0.2.1'), 900)
  requireRetry(await post(world, 'login', who, '192.0.2.1'), 900)
  assert.is((await post(world, 'login', who)).status, 200)
})

test('guesses from everywhere end in a lock that a device with the password passes', async world => {
  const who = person()
  const { body: registered } = await post(world, 'register', who)
  const { body: other } = await post(world, 'register', person())
  const { body: mine } = await post(world, 'login', who)
  assert.ok(registered.device_token && mine.device_token)
  await used(world, `account:${who.email}`, 100)
  requireRetry(await post(world, 'login', who), 600)
  requireRetry(await post(world, 'login', { ...who, device_token: other.device_token }), 600)
  requireRetry(await post(world, 'login', { ...who, device_token: mine.access_token }), 600)
  requireRetry(await post(world, 'login', { ...who, device_token: 'nonsense' }), 600)
  const again = await post(world, 'login', { ...who, device_token: mine.device_token })
  assert.is(again.status, 200)
  const { api } = world
  assert.is(codeOf(await api.ask('GET', '/api/printers', { token: mine.device_token })), 'unauthenticated')

  for (let time = 0; time < 10; time++) {
    const wrong = { ...who, password: 'a wrong one', device_token: mine.device_token }
    assert.is(codeOf(await post(world, 'login', wrong)), 'wrong_credentials')
  }
  requireRetry(await post(world, 'login', { ...who, device_token: again.body.device_token }), 900)
  assert.is((await post(world, 'login', { ...who, device_token: registered.device_token })).status, 200)
})

test('a changed password makes strangers of the devices that knew the old one', async world => {
  const who = person()
  const { body } = await post(world, 'register', who)
  const change = { current_password: who.password, new_password: 'the second one' }
  const { body: changed } = await world.api.ask('POST', '/api/auth/change-password', {
    token: body.access_token,
    body: change,
  })
  await used(world, `account:${who.email}`, 100)
  const login = { ...who, password: change.new_password }
  requireRetry(await post(world, 'login', { ...login, device_token: body.device_token }), 600)
  assert.is((await post(world, 'login', { ...login, device_token: changed.device_token })).status, 200)
})

test('many registrations from a network end in no more of them, and lock nobody out', async world => {
  const who = person()
  await post(world, 'register', who, '192.0.2.77')
  await world.market.db.delete(throttles)
  await used(world, 'registration:192.0.2.77', 50)
  requireRetry(await post(world, 'register', person(), '192.0.2.77'), 600)
  assert.is((await post(world, 'login', who, '192.0.2.77')).status, 200)
  assert.is((await post(world, 'register', person(), '192.0.2.78')).status, 200)
})

test('a network that tries many accounts is stopped, and is then not counted against the account', async world => {
  const who = person()
  await post(world, 'register', who)
  await used(world, 'network:192.0.2.9', 50)
  const wrong = { ...who, password: 'a wrong one' }
  for (let time = 0; time < 3; time++) requireRetry(await post(world, 'login', wrong, '192.0.2.9'), 600)
  const keys = (await world.market.db.select().from(throttles)).map(row => row.key)
  assert.not.ok(keys.includes(`account:${who.email}`))
})

test('entries that a caller writes into X-Forwarded-For are not trusted', () => {
  const origin = { remote: '10.0.0.1', forwardedFor: 'forged, 192.0.2.1, 192.0.2.2' }
  assert.is(clientNetwork(origin, 0), '10.0.0.1')
  assert.is(clientNetwork(origin, 1), '192.0.2.2')
  assert.is(clientNetwork(origin, 2), '192.0.2.1')
  assert.is(clientNetwork({ ...origin, forwardedFor: '192.0.2.2' }, 2), '192.0.2.2')
  assert.is(clientNetwork({ ...origin, forwardedFor: undefined }, 1), '10.0.0.1')
  assert.is(clientNetwork(origin, 3), 'unknown')
})

test('an IPv6 address counts by its first 64 bits, however it is written', () => {
  const networks: Record<string, string> = {
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
    '2001:0DB8:0001:0002::99': '2001:db8:1:2::/64',
    '2001:db8:1:3::1': '2001:db8:1:3::/64',
    '2001:db8::': '2001:db8:0:0::/64',
    '::1': '0:0:0:0::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
    '::ffff:192.0.2.1': '192.0.2.1',
    '192.0.2.1': '192.0.2.1',
    nonsense: 'unknown',
  }
  for (const [remote, network] of Object.entries(networks)) {
    assert.is(clientNetwork({ remote, forwardedFor: undefined }, 0), network, remote)
  }
})

test('of many tries at once no more count than the limit', async ({ market }) => {
  const use = { kind: 'guess', name: 'at once' } as const
  const tries = await Promise.allSettled(Array.from({ length: 30 }, () => countUse(market.ctx, use)))
  assert.is(tries.filter(result => result.status === 'fulfilled').length, 10)
})

test('every 429 of every service says when to try again, and passes it on', async () => {
  const app = createShell({ log: silentLog, ready: async () => {} })
  app.get('/told', () => {
    throw new AppError('too_many_requests', 'No.', { retryAfterS: 17 })
  })
  app.get('/untold', () => {
    throw new AppError('too_many_requests', 'No.')
  })
  assert.is((await app.request('/untold')).headers.get('retry-after'), '60')
  const told = await app.request('/told')
  assert.is(told.headers.get('retry-after'), '17')
  assert.is((await fromProblem(told, 'unavailable')).retryAfterS, 17)
  assert.is((await app.request('/nothing')).headers.get('retry-after'), null)
})

test('two log-ins that take their uses back at the same time do not block each other', async ({ market }) => {
  const uses: Use[] = [
    { kind: 'network', name: 'deadlock' },
    { kind: 'account', name: 'deadlock' },
  ]
  for (const use of uses) await countUse(market.ctx, use)
  const decrement = (tx: Transaction, { kind, name }: Use) =>
    tx`UPDATE throttles SET count = count - 1 WHERE key = ${`${kind}:${name}`}`
  for (const [first, second] of [uses, [...uses].reverse()] as [Use, Use][]) {
    // The other log-in has one of the rows and wants the second, while undoUses waits for the first.
    const undone = await market.sql.begin(async tx => {
      await decrement(tx, first)
      const undone = Promise.allSettled([undoUses(market.ctx, uses)])
      await untilWaiting(market.sql, 1)
      await decrement(tx, second)
      return { undone }
    })
    assert.is((await undone.undone)[0].status, 'fulfilled')
  }
})

test.run()
