import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { methodNames } from '../../../edge/agent/methods.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { newId } from '../../../schema/http/ids.ts'
import { stranger, user } from '../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { type EdgeFixture, makeEdgeFixture, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('what people do through their printer')
let fixture: EdgeFixture

test.before.each(async () => {
  fixture = await makeEdgeFixture({ autoStart: false })
})
test.after.each(() => fixture.close())

/** The edge's answer, or the code of its refusal. */
async function ask(method: string, params?: object): Promise<Record<string, unknown>> {
  try {
    return (await fixture.edge.call(method, params)) as Record<string, unknown>
  } catch (error) {
    if (error instanceof AppError) return { refused: error.code, text: error.message }
    throw error
  }
}

async function logIn({ email, password } = user): Promise<string> {
  return (await ask('login_user', { email, password })).token as string
}

const purchase_id = newId('purchase', randomBytes)
const model_id = newId('model', randomBytes)
const preparation_id = newId('preparation', randomBytes)
const print_job_id = newId('job', randomBytes)
const print_profile_id = newId('profile', randomBytes)
/** Everything that spends, registers or reveals, with good arguments but for the token. */
const guarded = {
  logout_user: {},
  register_printer: { name: 'Voron' },
  unregister_printer: {},
  purchases: {},
  prepare_model: { purchase_id, print_profile_id, storage_currency: 'hbar' },
  print_model: { purchase_id },
  history: {},
  set_config: { auto_start: true },
  audit_log: { purchase_id },
  models: {},
  model: { model_id },
  model_picture: { model_id },
  wallet: {},
  buy_model: { model_id, license_type: 'single', storage_currency: 'hbar' },
  purchase: { purchase_id },
  print_profiles: {},
  add_profile: { files: [{ name: 'a.json', content: '' }] },
  remove_profile: { print_profile_id },
  prepare_status: { purchase_id },
  cancel_prepare: { preparation_id },
  layer_picture: { preparation_id, index: 0 },
  move_in_queue: { print_job_id, position: 0 },
  remove_from_queue: { print_job_id },
  security_log: {},
}

/** The marketplace shows these to everyone. */
const isPublic = ['models', 'model', 'model_picture']

test("a method that spends, registers or reveals is refused without a person's token, and with a wrong one", async () => {
  const control = ['start_job', 'cancel_job', 'pause_print', 'resume_print', 'skip_object', 'renew_token']
  const open = ['login_user', 'status', 'overview', 'queue', 'config', ...control]
  assert.equal([...Object.keys(guarded), ...open].sort(), [...methodNames].sort())
  for (const [method, params] of Object.entries(guarded)) {
    assert.is((await ask(method, params)).refused, 'invalid_input', method)
    assert.is((await ask(method, { ...params, token: 'nonsense' })).refused, 'invalid_input', method)
    assert.is((await ask(method, { ...params, token: 7 })).refused, 'invalid_input', method)
    if (!isPublic.includes(method)) {
      assert.is((await ask(method, { ...params, token: 'a.forged.token' })).refused, 'unauthenticated', method)
    }
    assert.not.match(String((await ask(method, { ...params, token: 'secret word' })).text), 'secret')
  }
  assert.is((await ask('queue', { token: 'a.forged.token' })).refused, 'unauthenticated')
  assert.equal(fixture.market.accounts.prepared, [])
  assert.equal(fixture.market.jobs, [])
})

test('a model is prepared for this printer, and the idempotency key reaches the marketplace', async () => {
  const token = await logIn()
  const [printer] = fixture.market.accounts.printers
  const wanted = { purchase_id, print_profile_id, storage_currency: 'hbar', token }
  const answer = await ask('prepare_model', { ...wanted, idempotency_key: 'once' })
  assert.equal([answer.status, answer.printer_id], ['pending', printer?.printer_id])
  const other = newId('printer', randomBytes)
  assert.is((await ask('prepare_model', { ...wanted, printer_id: other })).printer_id, other)
  const [first, second] = fixture.market.accounts.prepared
  assert.equal([first?.request.user_id, first?.key, second?.key], [user.user_id, 'once', undefined])
  assert.is((await ask('prepare_model', { ...wanted, user_id: stranger.user_id })).refused, 'forbidden')
  assert.is((await ask('prepare_model', { ...wanted, storage_currency: 'gold' })).refused, 'invalid_input')
  assert.is((await ask('prepare_model', { token, purchase_id })).refused, 'invalid_input')
})

test('an ordered print is in the queue, and in the history when it has ended', async () => {
  const token = await logIn()
  const job = await fixture.market.add(makeGcode(100))
  const { purchase_id: bought } = job.claim
  await eventually('the job is ready', async () => {
    const { job: current } = (await ask('status')) as { job: { state: string } | null }
    return current?.state === 'ready'
  })
  assert.is((await ask('print_model', { token, purchase_id: bought })).refused, 'no_rights_left')
  fixture.market.rightsLeft = 1
  const second = await ask('print_model', { token, purchase_id: bought })
  assert.is(second.printer_id, fixture.market.accounts.printers[0]?.printer_id)

  const seen = await ask('queue')
  assert.equal(Object.keys(seen).sort(), ['job', 'reports'], 'everyone sees what status shows')
  const queue = (await ask('queue', { token })) as { print_jobs: { print_job_id: string }[] }
  const ids = queue.print_jobs.map(one => one.print_job_id)
  assert.equal(ids, [job.claim.print_job_id, second.print_job_id], 'oldest first')

  await ask('cancel_job')
  await reported(fixture)
  const { print_jobs } = (await ask('history', { token })) as { print_jobs: { status: string }[] }
  assert.is(print_jobs.at(-1)?.status, 'failure')
  assert.is((await ask('history', { token, limit: 0 })).refused, 'invalid_input')
  const before = `event_${'0'.repeat(26)}`
  const audit = await ask('audit_log', { token, purchase_id: bought, before })
  assert.equal([audit.purchase_id, audit.events_before], [bought, before])
  assert.equal(await ask('purchases', { token }), { purchases: [], next_cursor: null, ready: [] })
})

test('a session is renewed by its token once, and ended by logging out', async () => {
  const first = await logIn()
  const renewed = await ask('login_user', { token: first })
  assert.equal(Object.keys(renewed).sort(), ['expires_in', 'role', 'status', 'token', 'user_id'])
  assert.is.not(renewed.token, first)
  assert.is((await ask('login_user', { token: first })).refused, 'unauthenticated', 'it was changed already')
  assert.is((await ask('logout_user', { token: first })).refused, 'unauthenticated')
  const { refreshTokens } = fixture.market.accounts
  const before = refreshTokens.size
  assert.equal(await ask('logout_user', { token: renewed.token }), { status: 'logged_out' })
  assert.is(refreshTokens.size, before - 1, 'also at the marketplace')
  assert.is((await ask('login_user', { token: renewed.token })).refused, 'unauthenticated')

  const third = await logIn()
  fixture.market.isDown = true
  assert.is((await ask('logout_user', { token: third })).refused, 'marketplace_unavailable')
  fixture.market.isDown = false
  assert.is((await ask('login_user', { token: third })).refused, 'unauthenticated', 'forgotten all the same')
})

test('a session that could not be renewed while the marketplace was away is renewed afterwards', async () => {
  const token = await logIn()
  fixture.market.isDown = true
  assert.is((await ask('login_user', { token })).refused, 'marketplace_unavailable')
  fixture.market.isDown = false
  assert.is((await ask('login_user', { token })).status, 'logged_in')
  assert.is((await ask('login_user', { token })).refused, 'unauthenticated', 'the token is good for one exchange')
})

test('the owner changes auto_start: at once, across a restart, and back to the configuration', async () => {
  const token = await logIn()
  const change = { token, auto_start: true }
  assert.is((await ask('set_config', { ...change, token: await logIn(stranger) })).refused, 'forbidden')
  assert.is((await ask('set_config', { token })).refused, 'invalid_input')
  assert.is((await ask('set_config', { ...change, autostart: true })).refused, 'invalid_input')
  assert.is((await ask('set_config', { token, auto_start: 'yes' })).refused, 'invalid_input')
  assert.is((await ask('config')).auto_start, false)

  const set = await ask('set_config', change)
  assert.equal(
    [set.auto_start, set.configured, set.changed],
    [true, { auto_start: false, poll_seconds: 1 }, { auto_start: true }],
  )
  const path = join(fixture.config.dataDir, 'settings.json')
  assert.is(statSync(path).mode & 0o777, 0o600)
  assert.equal(JSON.parse(readFileSync(path, 'utf8')), { auto_start: true })
  const job = await fixture.market.add(makeGcode(100))
  assert.is((await reported(fixture, job)).status, 'success')

  await fixture.restartEdge()
  assert.is((await ask('status')).auto_start, true)
  const back = await ask('set_config', { token: await logIn(), auto_start: null })
  assert.equal([back.auto_start, back.changed], [false, {}])
})

test('the owner changes the length of a poll: the next one has it', async () => {
  const { pollSeconds } = fixture.market
  await eventually('a poll as configured', () => pollSeconds.at(-1) === 1)
  await ask('set_config', { token: await logIn(), poll_seconds: 3 })
  await eventually('a poll as changed', () => pollSeconds.at(-1) === 3)
})

test('no password, token or key is shown or stored in clear', async () => {
  const token = await logIn()
  const { tokens } = fixture.market.accounts.printers[0]!
  const shown = [await ask('status'), await ask('config'), await ask('queue', { token }), await ask('renew_token')]
  shown.push(await ask('set_config', { token, auto_start: false }))
  const text = JSON.stringify(shown)
  for (const secret of [user.password, token, ...tokens, 'wrapped-psek']) assert.not.ok(text.includes(secret), secret)
  const kept = readFileSync(join(fixture.config.dataDir, 'printer.json'), 'utf8')
  for (const secret of [user.password, token, 'refresh-token']) assert.not.ok(kept.includes(secret), secret)
})

test('without the marketplace every method that needs it says so, and the others work', async () => {
  const token = await logIn()
  fixture.market.isDown = true
  const { logout_user: _forgets, ...asked } = guarded
  for (const [method, params] of Object.entries(asked)) {
    assert.is((await ask(method, { ...params, token })).refused, 'marketplace_unavailable', method)
  }
  const local = (await ask('status')) as { marketplace: { reachable: boolean } }
  assert.is(local.marketplace.reachable, false)
  assert.is((await ask('config')).auto_start, false)
})

test.run()
