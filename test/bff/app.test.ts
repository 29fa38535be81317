import { SignJWT } from 'jose'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startWake } from '../../bff/wake.ts'
import { type Asked, codeOf, makeApi, type TestApi } from '../make/api.ts'
import { makeContext, makeSigningKey, type TestContext } from '../make/market.ts'
import { makePrepared } from '../make/prepared.ts'

interface World {
  market: TestContext
  api: TestApi
}
const test = suite<World>('the marketplace API')
const key = await makeSigningKey()

test.before(async world => {
  world.market = await makeContext({ key })
  world.market.ctx.wake = await startWake(world.market.database)
  world.api = await makeApi(world.market)
})
test.after(async ({ market, api }) => {
  await market.ctx.wake.close()
  await api.close()
  await market.close()
})

let count = 0
const person = (role = 'enthusiast') => ({ email: `Person${++count}@Example.com`, password: 'long enough', role })
const register = (api: TestApi, body: object = person()): Promise<Asked> =>
  api.ask('POST', '/api/auth/register', { body })

test('lives, is ready, and says what it can do', async ({ api }) => {
  assert.equal((await api.ask('GET', '/livez')).body, { status: 'ok' })
  assert.is((await api.ask('GET', '/readyz')).status, 200)
  const { body } = await api.ask('GET', '/openapi.json')
  for (const path of [
    '/api/purchase-model',
    '/api/prepare',
    '/api/print',
    '/api/prepared',
    '/api/get-print-job',
    '/api/report-print-status',
  ]) {
    assert.ok(body.paths[path], `${path} is documented`)
  }
  assert.not.ok(Object.keys(body.paths).some(path => path.startsWith('/internal')))
})

test('an unknown address is a problem+json like every other error', async ({ api }) => {
  assert.is(codeOf(await api.ask('GET', '/nothing/here')), 'not_found')
})

test('a person registers, logs in by the address in any case, and is known by the token', async ({ api }) => {
  const who = person()
  const { status, body } = await register(api, who)
  assert.is(status, 200)
  const login = await api.ask('POST', '/api/auth/login', { body: { ...who, email: who.email.toUpperCase() } })
  assert.is(login.body.user_id, body.user_id)
  assert.equal((await api.ask('GET', '/api/printers', { token: login.body.access_token })).body.printers, [])
  assert.is(codeOf(await register(api, who)), 'email_taken')
})

test('wrong credentials are refused alike for a known and an unknown account', async ({ api }) => {
  const who = person()
  await register(api, who)
  const wrong = await api.ask('POST', '/api/auth/login', { body: { ...who, password: 'not the one' } })
  const unknown = await api.ask('POST', '/api/auth/login', { body: { ...who, email: 'nobody@example.com' } })
  assert.is(codeOf(wrong), 'wrong_credentials')
  assert.is(wrong.body.detail, unknown.body.detail)
})

test('guessing a password is slowed down for everyone, the right one included', async ({ api, market }) => {
  const who = person()
  await register(api, who)
  const tries = await Promise.all(
    Array.from({ length: 12 }, () => api.ask('POST', '/api/auth/login', { body: { ...who, password: 'a wrong one' } })),
  )
  assert.is(tries.filter(answer => codeOf(answer) === 'too_many_requests').length, 2)
  assert.is(codeOf(await api.ask('POST', '/api/auth/login', { body: who })), 'too_many_requests')
  market.clock.pass(16 * 60_000)
  assert.is((await api.ask('POST', '/api/auth/login', { body: who })).status, 200)
})

test('a refresh token works once; a second use ends the session for the thief, too', async ({ api }) => {
  const { body: first } = await register(api)
  const renew = (refresh_token: string) => api.ask('POST', '/api/auth/refresh', { body: { refresh_token } })
  const second = await renew(first.refresh_token)
  assert.is(second.status, 200)
  assert.is(codeOf(await renew(first.refresh_token)), 'unauthenticated')
  assert.is(codeOf(await renew(second.body.refresh_token)), 'unauthenticated')
})

test('logging out ends the refresh token', async ({ api }) => {
  const { body } = await register(api)
  const { refresh_token } = body
  assert.is((await api.ask('POST', '/api/auth/logout', { body: { refresh_token } })).status, 204)
  assert.is(codeOf(await api.ask('POST', '/api/auth/refresh', { body: { refresh_token } })), 'unauthenticated')
})

test('tokens that are not ours, not for us or over are refused', async ({ api, market }) => {
  const { body } = await register(api)
  const claims = { sub: body.user_id, role: 'enthusiast' }
  const forge = (alg: string, secret: Parameters<SignJWT['sign']>[0], audience = 'lmnt-marketplace', kid = 'test') =>
    new SignJWT(claims)
      .setProtectedHeader({ alg, kid })
      .setIssuer(market.ctx.settings.marketplaceUrl)
      .setAudience(audience)
      .setExpirationTime('1h')
      .sign(secret)
  const other = await makeSigningKey()
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`
  const tokens = {
    'another key': await forge('EdDSA', other.privateKey),
    'another algorithm': await forge('HS256', new TextEncoder().encode('secret')),
    'the CWS’s audience': await forge('EdDSA', key.privateKey, 'lmnt-cws'),
    'another kid': await forge('EdDSA', key.privateKey, 'lmnt-marketplace', 'other'),
    'no signature': none,
    'a grant': (await market.ctx.tokens.grant('printer_x', 'job', ['printer:x'])).token,
    nonsense: 'abc',
  }
  for (const [what, token] of Object.entries(tokens)) {
    assert.is(codeOf(await api.ask('GET', '/api/printers', { token })), 'unauthenticated', what)
  }
  assert.is((await api.ask('GET', '/api/printers', { token: body.access_token })).status, 200)
  market.clock.pass(3601_000)
  assert.is(codeOf(await api.ask('GET', '/api/printers', { token: body.access_token })), 'token_expired')
})

test('nothing is given without a token', async ({ api }) => {
  for (const path of ['/api/printers', '/api/print-profiles', '/api/print-jobs', '/api/purchases', '/api/wallet']) {
    assert.is(codeOf(await api.ask('GET', path)), 'unauthenticated', path)
  }
  assert.is(codeOf(await api.ask('POST', '/internal/tick')), 'unauthenticated')
})

test('a service’s paths want a service’s token, of the right service', async ({ api, market }) => {
  const { body } = await register(api)
  assert.is(codeOf(await api.ask('POST', '/internal/tick', { token: body.access_token })), 'unauthenticated')
  assert.is(codeOf(await api.ask('POST', '/internal/tick', { token: 'service-slicer' })), 'forbidden')
  const own = await makePrepared(market)
  const path = `/internal/preparations/${own.preparationId}/start`
  assert.is(codeOf(await api.ask('POST', path, { token: 'service-push' })), 'forbidden')
  assert.is(codeOf(await api.ask('POST', path, { token: 'service-slicer' })), 'preparation_ended')
})

test('a service that is none of ours is refused before anything reads what it sends, and nonsense of one of ours', async ({
  api,
  market,
}) => {
  const { preparationId } = await makePrepared(market)
  const progress = `/internal/preparations/${preparationId}/progress`
  const release = `/internal/preparations/${preparationId}/release`
  for (const path of [progress, release, '/internal/dead-letters', '/pubsub/dead-letters', '/pubsub/slicing-results']) {
    const broken = await api.ask('POST', path, { token: 'service-stranger', body: '{"' })
    assert.is(codeOf(broken), 'forbidden', path)
  }
  for (const body of ['{"', '', '[]', '{"topic":1}']) {
    const [letter, givenUp] = await Promise.all([
      api.ask('POST', '/internal/dead-letters', { token: 'service-slicer', body }),
      api.ask('POST', '/pubsub/dead-letters', { token: 'service-push', body }),
    ])
    assert.is(letter.status, 400, body)
    assert.is(codeOf(givenUp), 'invalid_input', body)
  }
  const large = await api.ask('POST', progress, { token: 'service-slicer', body: `"${'x'.repeat(3_000_000)}"` })
  assert.is(codeOf(large), 'payload_too_large')
})

test('bad input is told field by field, and no number of bytes is too much to refuse', async ({ api }) => {
  const short = await register(api, { email: 'no address', password: 'short' })
  assert.is(codeOf(short), 'invalid_input')
  assert.equal(short.body.errors.map((error: { path: string }) => error.path).sort(), ['email', 'password'])
  const broken = await api.ask('POST', '/api/auth/login', { body: '{"email":' })
  assert.is(codeOf(broken), 'bad_request')
  const large = await api.ask('POST', '/api/auth/login', { body: `"${'x'.repeat(3_000_000)}"` })
  assert.is(codeOf(large), 'payload_too_large')
  const { body } = await register(api)
  const token = body.access_token
  const wrongId = await api.ask('POST', '/api/print', { token, body: { purchase_id: "purch_'; DROP TABLE users" } })
  assert.is(codeOf(wrongId), 'invalid_input')
  const unknown = await api.ask('POST', '/api/print', { token, body: { purchase_id: `purch_${'0'.repeat(26)}` } })
  assert.is(codeOf(unknown), 'not_found')
})

test('text that no database holds is refused, wherever it stands', async ({ api }) => {
  const { body } = await register(api)
  const token = body.access_token
  for (const name of ['a\\u0000b', '\\ud800']) {
    const printer = await api.ask('POST', '/api/register-printer', { token, body: `{"name":"${name}"}` })
    assert.is(codeOf(printer), 'invalid_input')
    const settings = `{"machine_settings":{"notes":["${name}"]},"process_settings":{},"filament":{}}`
    assert.is(codeOf(await api.ask('POST', '/api/print-profiles', { token, body: settings })), 'invalid_input')
  }
})

test('a body of another kind is told what is wanted', async ({ api }) => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await fetch(`${api.url}/api/auth/login`, { method: 'POST', body: 'email=a', headers })
  assert.is(answer.status, 415)
  assert.is(((await answer.json()) as { code: string }).code, 'unsupported_media_type')
})

test('profiles are stored as they came, and are their owner’s', async ({ api }) => {
  const { body: me } = await register(api)
  const { body: other } = await register(api)
  const settings = {
    machine_settings: { printable_area: ['0x0', '235x0'], nozzle_diameter: ['0.4'] },
    process_settings: { layer_height: '0.2', wall_loops: 3, enable_support: false },
    filament: { filament_type: ['PLA'] },
  }
  const made = await api.ask('POST', '/api/print-profiles', { token: me.access_token, body: settings })
  assert.is(made.status, 201)
  assert.equal(made.body.process_settings, settings.process_settings)
  const list = await api.ask('GET', '/api/print-profiles', { token: other.access_token })
  assert.equal(list.body.print_profiles, [])
})

test('a profile is stored with settings of any name and content', async ({ api }) => {
  const { body: me } = await register(api)
  const filament = {
    required_nozzle_HRC: ['3'],
    'Vendor.own key': { nested: [1, null, { deep: true }] },
    filament_retraction_length: ['nil'],
    default_filament_profile: null,
    ...Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`setting_${index}`, ['0', '0']])),
  }
  const settings = { machine_settings: {}, process_settings: {}, filament }
  const made = await api.ask('POST', '/api/print-profiles', { token: me.access_token, body: settings })
  assert.is(made.status, 201)
  assert.equal(made.body.filament, filament)
})

test.run()
