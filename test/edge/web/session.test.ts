import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { idleMs, longestMs } from '../../../edge/web/sessions.ts'
import { pageSession } from '../../../schema/page/session.ts'
import { stranger, user } from '../../make/edge/fake-marketplace.ts'
import { createBrowser, type PageFixture, send, startPage, throughNginx } from '../../make/edge/page.ts'
import { type EdgeFixture, makeEdgeFixture } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite("the session of the printer's page")
let fixture: EdgeFixture
let page: PageFixture
/** Milliseconds that a test has let pass. */
let passed = 0

test.before.each(async () => {
  passed = 0
  fixture = await makeEdgeFixture({ autoStart: false })
  page = await startPage(fixture, {}, { now: () => performance.now() + passed })
})
test.after.each(async () => {
  await page.close()
  await fixture.close()
})

const code = (answer: { json: { code?: string } | null }) => answer.json?.code

test('a person logs in, is known, and logs out; no token reaches the browser', async () => {
  const browser = createBrowser(page.url)
  const before = pageSession.parse(await browser.open())
  assert.is(before.user, null)
  assert.is(before.is_secure, true)
  assert.is(before.printers[0]?.is_yours, null)
  const answer = await browser.logIn()
  assert.is(answer.status, 200)
  const { user: who, printers, csrf } = pageSession.parse(answer.json)
  assert.equal(who, { user_id: user.user_id, email: user.email, role: 'enthusiast' })
  assert.is(printers[0]?.is_yours, true)
  assert.is.not(csrf, before.csrf)
  assert.not.match(JSON.stringify([answer.json, answer.headers]), user.token)
  const cookie = String(answer.headers['set-cookie'])
  assert.match(cookie, /HttpOnly; SameSite=Strict/)
  assert.is((await browser.call('purchases')).status, 200)

  assert.is((await browser.post('api/logout', {})).json.user, null)
  assert.is(code(await browser.call('purchases')), 'csrf_required', 'the value of the old cookie is worth nothing')
  await browser.open()
  assert.is(code(await browser.call('purchases')), 'unauthenticated')
  await eventually('the marketplace knows', () => fixture.market.accounts.refreshTokens.size === 1)
})

test('log-in and log-out change the cookie, so that a cookie known before is worth nothing', async () => {
  const browser = createBrowser(page.url)
  await browser.open()
  const planted = browser.cookies.get('lmnt_session')
  await browser.logIn()
  const mine = browser.cookies.get('lmnt_session')
  assert.is.not(mine, planted)
  const thief = createBrowser(page.url)
  thief.cookies.set('lmnt_session', planted ?? '')
  assert.is((await thief.open()).user, null)
})

test('a wrong password is refused with its code; a client that guesses on has to wait, others do not', async () => {
  const browser = createBrowser(page.url)
  browser.headers = { 'x-forwarded-for': '192.168.1.66', 'x-forwarded-proto': 'https' }
  const origin = { origin: `https://${new URL(page.url).host}` }
  const wrong = { email: user.email, password: 'a wrong guess' }
  await browser.open()
  const guess = () => browser.post('api/login', wrong, origin)
  for (let count = 0; count < 5; count++) assert.is(code(await guess()), 'wrong_credentials')
  const refused = await guess()
  assert.is(code(refused), 'too_many_requests')
  assert.ok(Number(refused.headers['retry-after']) > 20)
  const right = { email: user.email, password: user.password }
  assert.is(
    code(await browser.post('api/login', right, origin)),
    'too_many_requests',
    'not even the right one is tried',
  )
  assert.is((await createBrowser(page.url).logIn()).status, 200, 'another client')
  passed += 31_000
  assert.is((await browser.post('api/login', right, origin)).status, 200)
})

test('a password is refused over plain HTTP of the network, also when a client claims TLS, and goes over TLS', async () => {
  const browser = createBrowser(page.url)
  for (const headers of [
    throughNginx('http'),
    { ...throughNginx('http'), 'x-forwarded-proto': '' },
    { 'x-forwarded-for': '192.168.1.50' },
    { 'x-forwarded-for': '10.0.0.9, 192.168.1.50', 'x-forwarded-proto': 'https, http' },
  ]) {
    browser.headers = headers
    browser.cookies.clear()
    const session = await browser.open()
    assert.is(session.is_secure, false)
    const host = 'host' in headers ? 'printer.local' : new URL(page.url).host
    const answer = await browser.post('api/login', user, { ...headers, origin: `http://${host}` })
    assert.is(code(answer), 'insecure_connection')
  }
  browser.headers = throughNginx('https')
  browser.cookies.clear()
  assert.is((await browser.open()).is_secure, true)
  const answer = await browser.post('api/login', { email: user.email, password: user.password }, throughNginx('https'))
  assert.is(answer.status, 200)
  assert.match(String(answer.headers['set-cookie']), /__Secure-lmnt_session=.*; Secure/)
})

test('a session ends when it is unused for half an hour, and after twelve hours of use', async () => {
  const browser = createBrowser(page.url)
  await browser.logIn()
  const minutes = (count: number) => {
    passed += count * 60_000
  }
  for (let used = 0; used < longestMs - idleMs; used += 25 * 60_000) {
    minutes(25)
    assert.is((await browser.call('purchases')).status, 200, `after ${used / 60_000} minutes`)
  }
  minutes(40)
  assert.is(code(await browser.call('purchases')), 'unauthenticated')
  await browser.logIn()
  minutes(31)
  assert.is((await browser.open()).user, null)
  const { entries } = (await fixture.edge.call('security_log', { token: user.token })) as {
    entries: { event: string }[]
  }
  assert.is(entries.filter(({ event }) => event === 'session_expired').length, 2)
})

test('the end of a session is in the security log once, with its reason, also while the marketplace is away', async () => {
  const ends = async () => {
    const { entries } = (await fixture.edge.call('security_log', { token: user.token })) as {
      entries: { event: string; count: number }[]
    }
    const ended = entries.filter(({ event }) => ['log_out', 'session_expired', 'request_refused'].includes(event))
    return ended.map(({ event, count }) => `${event} ${count}`).reverse()
  }
  const browser = createBrowser(page.url)
  await browser.logIn()
  passed += 31 * 60_000
  assert.is((await browser.open()).user, null)
  await eventually('the marketplace knows', () => fixture.market.accounts.refreshTokens.size === 1)
  assert.equal(await ends(), ['session_expired 1'])
  await browser.logIn()
  fixture.market.isDown = true
  await browser.post('api/logout', {})
  fixture.market.isDown = false
  assert.equal(await ends(), ['session_expired 1', 'log_out 1'])
})

test('a session that the marketplace has ended ends here; another person’s session does not', async () => {
  const [ada, bob] = [createBrowser(page.url), createBrowser(page.url)]
  await ada.logIn()
  await bob.logIn(stranger)
  fixture.market.accounts.tokens.delete(user.token)
  assert.is(code(await ada.call('purchases')), 'unauthenticated')
  assert.is((await ada.open()).user, null)
  assert.is((await bob.call('purchases')).status, 200)
  assert.is(bob.session().printers[0]?.is_yours, false)
})

test('a short outage of the marketplace logs nobody out', async () => {
  const browser = createBrowser(page.url)
  await browser.logIn()
  // The token is in its second half, so the page has it renewed; the person goes on working meanwhile.
  passed += 29 * 60_000
  fixture.market.isDown = true
  assert.is(code(await browser.call('purchases')), 'marketplace_unavailable')
  fixture.market.isDown = false
  for (const minutes of [1, 25, 25]) {
    passed += minutes * 60_000
    assert.is((await browser.call('purchases')).status, 200)
  }
})

test('a restart of the edge ends the sessions, and the page can go on', async () => {
  const browser = createBrowser(page.url)
  await browser.logIn()
  await page.close()
  page = await startPage(fixture)
  const after = createBrowser(page.url)
  for (const [name, value] of browser.cookies) after.cookies.set(name, value)
  assert.is((await after.open()).user, null)
  assert.is((await after.call('queue')).status, 200)
  assert.is((await after.logIn()).status, 200)
})

test('a cookie of another shape, or none, is nobody’s', async () => {
  for (const cookie of [
    '',
    'lmnt_session=',
    'lmnt_session="x',
    `lmnt_session=${'x'.repeat(2000)}`,
    'lmnt_session=a;b',
  ]) {
    const { status, json } = await send(`${page.url}api/session`, { headers: cookie ? { cookie } : {} })
    assert.is(status, 200)
    assert.is(json.user, null)
  }
})

test.run()
