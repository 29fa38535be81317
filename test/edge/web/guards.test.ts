import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { methods } from '../../../edge/agent/method-table.ts'
import { pageRequests } from '../../../schema/page/requests.ts'
import { stranger } from '../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { createBrowser, type PageFixture, send, startPage, throughNginx } from '../../make/edge/page.ts'
import { type EdgeFixture, makeEdgeFixture } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite("what the printer's page refuses")
let fixture: EdgeFixture
let page: PageFixture

test.before(async () => {
  fixture = await makeEdgeFixture({ autoStart: false })
  page = await startPage(fixture, {
    hosts: ['printer.example'],
    origins: ['http://mainsail.lan'],
    networks: ['203.0.113.0/24'],
  })
})
test.after(async () => {
  await page.close()
  await fixture.close()
})

const code = (answer: { json: { code?: string } | null }) => answer.json?.code
const session = (host: string) => send(`${page.url}api/session`, { headers: { host } })

test('a name that is not the printer’s is refused everywhere: a website whose name points here (DNS rebinding)', async () => {
  for (const name of [
    'evil.example',
    'printer.local.evil.example',
    'localhost.evil.example',
    '8.8.8.8',
    'evil.example:80',
    '[::2]',
  ]) {
    for (const path of ['', 'api/session', 'api/events', 'api/call/status', 'trust']) {
      const answer = await send(page.url + path, { headers: { host: name } })
      assert.is(answer.status, 421, `${name} ${path}`)
      assert.is(code(answer), 'host_not_allowed')
      assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/)
    }
  }
  for (const name of [
    'printer',
    'PRINTER.local:7180',
    'localhost',
    '127.0.0.1:80',
    '[::1]:7183',
    '192.168.1.20',
    'printer.example',
    'printer.local.',
  ]) {
    assert.is((await session(name)).status, 200, name)
  }
})

test('clients of the internet are refused, those of the local network and of [web] are not', async () => {
  const from = (address: string) =>
    send(`${page.url}api/session`, { headers: { ...throughNginx('http'), 'x-forwarded-for': address } })
  for (const address of ['8.8.8.8', '2001:db8::1', '172.32.0.1'])
    assert.is(code(await from(address)), 'forbidden', address)
  for (const address of ['192.168.7.7', '10.1.2.3', '172.16.0.1', 'fe80::1', 'fd00::5', '203.0.113.9']) {
    assert.is((await from(address)).status, 200, address)
  }
})

test('a request that changes something has to come from the page itself, with the value that only it can read', async () => {
  const browser = createBrowser(page.url)
  await browser.logIn()
  const order = (headers: Record<string, string>) => browser.post('api/call/set_config', { auto_start: true }, headers)
  assert.is(code(await order({ origin: 'http://evil.example' })), 'csrf_required')
  assert.is(code(await order({ origin: 'null' })), 'csrf_required')
  assert.is(code(await order({ origin: new URL(page.url).origin.replace('http:', 'https:') })), 'csrf_required')
  assert.is(code(await order({ origin: 'http://127.0.0.1:81' })), 'csrf_required', 'another service of the same host')
  assert.is(code(await order({ 'sec-fetch-site': 'cross-site' })), 'csrf_required')
  assert.is(code(await order({ 'sec-fetch-site': 'same-site' })), 'csrf_required')
  assert.is(code(await order({ 'x-lmnt-csrf': '' })), 'csrf_required')
  assert.is(code(await order({ 'x-lmnt-csrf': 'guessed' })), 'csrf_required')
  const other = createBrowser(page.url)
  assert.is(
    code(await order({ 'x-lmnt-csrf': (await other.open()).csrf })),
    'csrf_required',
    'the value of another cookie',
  )
  assert.is(((await fixture.edge.call('config')) as { auto_start: boolean }).auto_start, false)
  for (const path of ['api/login', 'api/logout', 'api/upload-profile', 'api/call/pause_print', 'api/call/cancel_job']) {
    assert.is(code(await browser.post(path, {}, { 'x-lmnt-csrf': '' })), 'csrf_required', path)
  }
  // Their answers could not be read there, but eight streams are all that a browser may have.
  for (const [name, value] of [
    ['origin', 'http://evil.example'],
    ['sec-fetch-site', 'cross-site'],
  ] as const) {
    assert.is(code(await send(`${page.url}api/events`, { headers: { [name]: value } })), 'csrf_required', name)
  }
  // A form of another website can send no header of its own, and no JSON.
  const cookie = browser.cookie()
  const form = { cookie, origin: 'http://evil.example', 'content-type': 'application/x-www-form-urlencoded' }
  const sent = await send(`${page.url}api/call/set_config`, { method: 'POST', headers: form, body: 'auto_start=true' })
  assert.is(code(sent), 'csrf_required')
})

test('without a log-in the page watches, pauses and cancels; what buys, prints, registers or reveals is refused', async () => {
  const browser = createBrowser(page.url)
  await browser.open()
  const open = ['overview', 'config', 'queue', 'pause_print', 'resume_print', 'skip_object', 'cancel_job']
  for (const name of Object.keys(pageRequests)) {
    const answer = await browser.call(name, {})
    if (open.includes(name)) assert.is.not(code(answer), 'unauthenticated', name)
    else assert.equal([answer.status, code(answer)], [401, 'unauthenticated'], name)
  }
  for (const name of ['login_user', 'logout_user', 'status', 'nonsense', 'constructor', '__proto__']) {
    assert.is((await browser.call(name)).status, 404, name)
  }
  for (const path of ['models/model_x/front', 'preparations/prep_x/0']) {
    assert.is((await browser.get(`api/pictures/${path}`)).status, 401, path)
  }
  assert.is((await browser.get('api/security-log')).status, 401)
  assert.equal(
    Object.keys(methods)
      .filter(name => methods[name]?.page === 'anyone' || methods[name]?.page === 'token if any')
      .sort(),
    open.toSorted(),
  )
})

test('a token given by the page is refused: whose it is, the session says', async () => {
  const browser = createBrowser(page.url)
  await browser.logIn()
  assert.is(code(await browser.call('purchases', { token: stranger.token })), 'invalid_input')
})

test('what is too large, too deep or no JSON is refused before it is understood', async () => {
  const browser = createBrowser(page.url)
  await browser.logIn()
  const raw = (path: string, body: string | Buffer, type = 'application/json') => {
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = {
      cookie,
      'content-type': type,
      'x-lmnt-csrf': browser.session().csrf,
      origin: new URL(page.url).origin,
    }
    return send(page.url + path, { method: 'POST', headers, body })
  }
  assert.is(code(await raw('api/login', `{"email":"${'a'.repeat(5000)}"}`)), 'payload_too_large')
  assert.is(code(await raw('api/call/purchases', `{"a":"${'a'.repeat(70_000)}"}`)), 'payload_too_large')
  assert.is(
    code(await raw('api/upload-profile', Buffer.alloc(3 * 1024 * 1024), 'multipart/form-data; boundary=x')),
    'payload_too_large',
  )
  assert.is(code(await raw('api/call/purchases', '['.repeat(2000))), 'invalid_input')
  assert.is(code(await raw('api/call/purchases', `{"a":[${'1,'.repeat(5000)}1]}`)), 'invalid_input')
  assert.is(code(await raw('api/call/purchases', 'not json')), 'bad_request')
  assert.is(code(await raw('api/call/purchases', '[]')), 'invalid_input')
  assert.is(code(await raw('api/login', '{"email":1}')), 'invalid_input')
  assert.is(code(await raw('api/upload-profile', 'no form', 'text/plain')), 'bad_request')
})

test('titles, names and errors come as JSON that no browser takes for a page, under a policy that runs nothing inline', async () => {
  const title = '<script>alert(1)</script><img src=x onerror=alert(1)>'
  await fixture.market.add(makeGcode(100), { title })
  const browser = createBrowser(page.url)
  const job = await eventually('the job', async () => {
    const { json } = await browser.open().then(() => browser.call('overview'))
    return json.job?.state === 'ready' ? json.job : undefined
  })
  assert.is(job.title, title, 'the page shows it as text')
  const answers = [
    await browser.call('overview'),
    await browser.get('api/session'),
    await browser.get(`api/pictures/models/${title}/front`),
  ]
  for (const { headers } of answers) {
    assert.match(String(headers['content-type']), /^application\/(problem\+)?json/)
    assert.is(headers['x-content-type-options'], 'nosniff')
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /default-src 'none'; script-src 'self';/)
    assert.not.match(policy, /unsafe/)
    assert.match(policy, /frame-ancestors 'self' http:\/\/mainsail\.lan$/)
    assert.is(headers['cache-control'], 'no-store')
  }
  await browser.call('cancel_job')
})

test('refused requests and log-ins are in the security log, without any text of the client', async () => {
  const browser = createBrowser(page.url)
  await browser.logIn()
  await send(`${page.url}api/session`, { headers: { host: 'evil.example' } })
  await browser.post('api/login', { email: 'somebody@example.test', password: 'secret word of hers' })
  const { json } = await browser.call('security_log', { limit: 500 })
  const events = json.entries.map(({ event, details }: { event: string; details: { code?: string } }) =>
    `${event} ${details.code ?? ''}`.trim(),
  )
  for (const expected of [
    'log_in',
    'log_in_failed wrong_credentials',
    'request_refused host_not_allowed',
    'request_refused csrf_required',
    'printer_registered',
  ]) {
    assert.ok(events.includes(expected), expected)
  }
  const file = await browser.get('api/security-log')
  assert.match(String(file.headers['content-disposition']), /attachment/)
  assert.not.match(file.text, /evil|somebody|secret/)
  await browser.logIn(stranger)
  assert.is(code(await browser.call('security_log')), 'forbidden', 'not for another account')
})

test('where Moonraker demands a log-in, the page shows and stops the printer for its owner only', async () => {
  const guarded = await startPage(fixture, { needsLogin: 'always' })
  const browser = createBrowser(guarded.url)
  const session = await browser.open()
  assert.is(session.needs_login, true)
  for (const name of ['overview', 'cancel_job', 'queue'])
    assert.is(code(await browser.call(name)), 'unauthenticated', name)
  assert.is((await browser.get('api/events')).status, 401)
  await browser.logIn(stranger)
  assert.is(code(await browser.call('overview')), 'forbidden')
  await browser.logIn()
  assert.is((await browser.call('overview')).status, 200)
  await guarded.close()
})

test('a printer that the host does not have is not found', async () => {
  const browser = createBrowser(page.url)
  await browser.open()
  assert.is((await browser.get('api/session?printer=nonsense')).status, 404)
  assert.is((await browser.get('api/session?printer=printer')).status, 200)
})

test.run()
