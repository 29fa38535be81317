import { randomInt } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { changePassword } from '../../../../bff/services/auth/change-password.ts'
import { endSessions } from '../../../../bff/services/auth/end-sessions.ts'
import { listSessions } from '../../../../bff/services/auth/list-sessions.ts'
import { login } from '../../../../bff/services/auth/login.ts'
import { logout } from '../../../../bff/services/auth/logout.ts'
import { refresh } from '../../../../bff/services/auth/refresh.ts'
import { register } from '../../../../bff/services/auth/register.ts'
import { openSession } from '../../../../bff/services/auth/session.ts'
import { lockUserRow } from '../../../../bff/services/user.ts'
import { connectDatabase } from '../../../../schema/db/connect.ts'
import type { SessionResponse } from '../../../../schema/http/auth.ts'
import { codeOf, makeApi } from '../../../make/api.ts'
import { whileHeld } from '../../../make/held.ts'
import { makeContext, type TestContext } from '../../../make/market.ts'

const limit = 4
const rounds = 40

interface World {
  market: TestContext
  /** Two instances of the marketplace: a pool of connections each. */
  instances: [Context, Context]
  close: () => Promise<void>
}
const test = suite<World>('sessions')

test.before(async world => {
  const market = await makeContext({ settings: { sessionsLimit: limit } })
  const other = connectDatabase({ ...market.database.at, applicationName: 'other', max: 10 })
  const close = async () => {
    await other.close()
    await market.close()
  }
  const instances = [market.ctx, { ...market.ctx, db: other.db as unknown as Context['db'] }]
  Object.assign(world, { market, instances, close })
})
test.after(({ close }) => close())

const caller = { network: '192.0.2.1', userAgent: 'a browser' }
let count = 0
const person = () => ({ email: `person${++count}@example.com`, password: 'the first one', role: 'enthusiast' as const })

/** A session of somebody new; their password is none. */
async function newSession({ market }: World) {
  const { userId, ctx } = await market.newUser()
  const open = () => ctx.db.transaction(tx => openSession(ctx, tx, { userId, role: 'enthusiast' }, null))
  return { userId, ctx, session: await open() }
}

const isGood = (ctx: Context, { refresh_token }: SessionResponse) =>
  refresh(ctx, { refresh_token }).then(
    () => true,
    () => false,
  )

/** Runs two verbs while what both want is held, in an order by chance; gives what they answered. */
async function atOnce<A, B>(
  world: World,
  lock: string,
  seed: number,
  verbs: [(c: Context) => Promise<A>, (c: Context) => Promise<B>],
) {
  const [a, b] = seed % 2 ? [0, 1] : [1, 0]
  const starts: (() => Promise<unknown>)[] = [
    () => verbs[0](world.instances[a] as Context),
    () => verbs[1](world.instances[b] as Context),
  ]
  const isReversed = seed % 4 > 1
  if (isReversed) starts.reverse()
  const ended = await whileHeld<unknown>(world.market.sql, tx => tx.unsafe(lock), starts)
  if (isReversed) ended.reverse()
  return ended as [PromiseSettledResult<A>, PromiseSettledResult<B>]
}

const lockSession = (userId: string) => `SELECT 1 FROM sessions WHERE user_id = '${userId}' FOR UPDATE`

const ways: Record<string, (session: SessionResponse) => (ctx: Context) => Promise<unknown>> = {
  'a log-out':
    ({ refresh_token }) =>
    ctx =>
      logout(ctx, { refresh_token }),
  'the end of all sessions':
    ({ user_id: userId }) =>
    ctx =>
      endSessions({ ...ctx, actor: { kind: 'user', userId, role: 'enthusiast' } }),
}
for (const [what, end] of Object.entries(ways)) {
  test(`no session outlives ${what} that meets a refresh`, async world => {
    for (let round = 0; round < rounds; round++) {
      const seed = randomInt(1 << 30)
      const { userId, ctx, session } = await newSession(world)
      const { refresh_token } = session
      const [renewed, ended] = await atOnce(world, lockSession(userId), seed, [
        c => refresh(c, { refresh_token }),
        end(session),
      ])
      assert.is(ended.status, 'fulfilled', `seed ${seed}`)
      if (renewed.status === 'fulfilled') assert.not.ok(await isGood(ctx, renewed.value), `seed ${seed}`)
      assert.not.ok(await isGood(ctx, session), `seed ${seed}`)
    }
  })
}

test('a stolen token that comes while its successor is used ends the session', async world => {
  for (let round = 0; round < rounds; round++) {
    const seed = randomInt(1 << 30)
    const { userId, ctx, session: stolen } = await newSession(world)
    const current = await refresh(ctx, { refresh_token: stolen.refresh_token })
    const [renewed, theft] = await atOnce(world, lockSession(userId), seed, [
      c => refresh(c, { refresh_token: current.refresh_token }),
      c => refresh(c, { refresh_token: stolen.refresh_token }),
    ])
    assert.is(theft.status, 'rejected', `seed ${seed}`)
    if (renewed.status === 'fulfilled') assert.not.ok(await isGood(ctx, renewed.value), `seed ${seed}`)
    assert.not.ok(await isGood(ctx, current), `seed ${seed}`)
  }
})

test('of one token used twice at once, neither user has a session afterwards', async world => {
  for (let round = 0; round < rounds; round++) {
    const seed = randomInt(1 << 30)
    const { userId, ctx, session } = await newSession(world)
    const use = (c: Context) => refresh(c, { refresh_token: session.refresh_token })
    for (const used of await atOnce(world, lockSession(userId), seed, [use, use])) {
      if (used.status === 'fulfilled') assert.not.ok(await isGood(ctx, used.value), `seed ${seed}`)
    }
  }
})

test('a token used long ago still ends its session, however many came after it', async world => {
  const { ctx, session } = await newSession(world)
  let current = session
  for (let time = 0; time < 50; time++) current = await refresh(ctx, { refresh_token: current.refresh_token })
  const [found] = await world.market.sql<
    { rows: bigint }[]
  >`SELECT count(*) AS rows FROM sessions WHERE user_id = ${session.user_id}`
  assert.is(found?.rows, 1n, 'a session is one row')
  assert.not.ok(await isGood(ctx, session))
  assert.not.ok(await isGood(ctx, current))
})

test('a session that is not refreshed for 30 days is over', async world => {
  const { ctx, session } = await newSession(world)
  world.market.clock.pass(31 * 24 * 3600_000)
  assert.not.ok(await isGood(ctx, session))
})

test('a user has so many sessions; of more, the longest unused end', async world => {
  const { userId, ctx, session: first } = await newSession(world)
  const open = () => ctx.db.transaction(async tx => openSession(ctx, tx, await lockUserRow(tx, userId), null))
  world.market.clock.pass(1000)
  const opened = await Promise.all(Array.from({ length: 3 * limit }, open))
  assert.is((await listSessions(ctx)).length, limit)
  assert.not.ok(await isGood(ctx, first))
  const good = await Promise.all(opened.map(session => isGood(ctx, session)))
  assert.is(good.filter(Boolean).length, limit)
})

test('a password change ends every session, also of a log-in with the old password at the same moment', async world => {
  const { market } = world
  for (let round = 0; round < 8; round++) {
    const seed = randomInt(1 << 30)
    const who = person()
    const first = await register(market.ctx, who, caller)
    const as = (ctx: Context): Context => ({ ...ctx, actor: { kind: 'user', userId: first.user_id, role: who.role } })
    const change = { current_password: who.password, new_password: 'the second one' }
    const lock = `SELECT 1 FROM users WHERE user_id = '${first.user_id}' FOR UPDATE`
    const [changed, old] = await atOnce(world, lock, seed, [
      ctx => changePassword(as(ctx), change, caller),
      ctx => login(ctx, who, caller),
    ])
    assert.ok(changed.status === 'fulfilled', `seed ${seed}`)
    if (old.status === 'fulfilled') assert.not.ok(await isGood(market.ctx, old.value), `seed ${seed}`)
    assert.not.ok(await isGood(market.ctx, first), `seed ${seed}`)
    assert.is((await listSessions(as(market.ctx))).length, 1, `seed ${seed}`)
    assert.ok(await isGood(market.ctx, changed.value), `seed ${seed}`)
  }
})

test('sessions are listed, and ended one by one or all at once, each user their own', async ({ market }) => {
  const api = await makeApi(market)
  const post = (path: string, body: object, token?: string) =>
    api.ask('POST', path, { body, ...(token ? { token } : {}), headers: { 'user-agent': 'Browser/1.0' } })
  const who = person()
  const here = (await post('/api/auth/register', who)).body
  const there = (await post('/api/auth/login', who)).body
  const stranger = (await post('/api/auth/register', person())).body
  const list = async () => (await api.ask('GET', '/api/auth/sessions', { token: here.access_token })).body.sessions
  const listed = await list()
  assert.equal(listed.map((one: { is_current: boolean }) => one.is_current).sort(), [false, true])
  assert.is(listed[0].user_agent, 'Browser/1.0')
  assert.ok(Date.parse(listed[0].expires_at) > Date.parse(listed[0].created_at))

  const other = listed.find((one: { is_current: boolean }) => !one.is_current).session_id
  const end = (id: string, token: string) => api.ask('DELETE', `/api/auth/sessions/${id}`, { token })
  assert.is(codeOf(await end(other, stranger.access_token)), 'not_found')
  assert.is((await end(other, here.access_token)).status, 204)
  assert.is(codeOf(await end(other, here.access_token)), 'not_found')
  const renew = (refresh_token: string) => post('/api/auth/refresh', { refresh_token })
  assert.is(codeOf(await renew(there.refresh_token)), 'unauthenticated')
  assert.is(codeOf(await api.ask('GET', '/api/auth/sessions', { token: there.access_token })), 'unauthenticated')
  assert.is((await list()).length, 1)

  assert.is(codeOf(await api.ask('DELETE', '/api/auth/sessions')), 'unauthenticated')
  assert.is((await api.ask('DELETE', '/api/auth/sessions', { token: here.access_token })).status, 204)
  assert.is(codeOf(await renew(here.refresh_token)), 'unauthenticated')
  assert.is((await renew(stranger.refresh_token)).status, 200)
  await api.close()
})

test('a password is changed with the present one only, and a few tries', async ({ market }) => {
  const api = await makeApi(market)
  const who = person()
  const { body } = await api.ask('POST', '/api/auth/register', { body: who })
  const change = (current_password: string, new_password = 'the second one') =>
    api.ask('POST', '/api/auth/change-password', {
      token: body.access_token,
      body: { current_password, new_password },
    })
  assert.is(codeOf(await change('a wrong one')), 'wrong_credentials')
  assert.is(codeOf(await change(who.password, 'short')), 'invalid_input')
  const changed = await change(who.password)
  assert.is(changed.body.user_id, body.user_id)
  const logIn = (password: string) => api.ask('POST', '/api/auth/login', { body: { ...who, password } })
  assert.is(codeOf(await logIn(who.password)), 'wrong_credentials')
  assert.is((await logIn('the second one')).status, 200)
  assert.is(codeOf(await change('a wrong one')), 'unauthenticated', 'the session of the old password has ended')
  const wrong = { current_password: 'a wrong one', new_password: 'the third one' }
  const again = () => api.ask('POST', '/api/auth/change-password', { token: changed.body.access_token, body: wrong })
  const tries = await Promise.all(Array.from({ length: 11 }, again))
  assert.ok(tries.some(answer => codeOf(answer) === 'too_many_requests'))
  await api.close()
})

test.run()
