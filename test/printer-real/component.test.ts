import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { methods } from '../../edge/agent/method-table.ts'
import { methodNames } from '../../edge/agent/methods.ts'
import { stranger, user } from '../make/edge/fake-marketplace.ts'
import { eventually } from '../make/eventually.ts'
import { componentClient, guarded, profile, refusal } from '../make/printer-real/component.ts'
import { reported, sharedPrinter, shortMoves, untilLines } from '../make/printer-real/set-up.ts'
import { runCommandsOf } from '../make/shell.ts'

const printer = sharedPrinter()
const defaults = { isRegistered: false, autoStart: false }
const { test } = printer.suite("the edge's methods in real Moonraker", defaults)

const { post, ask, rpc } = componentClient(printer.fixture)

test('a person logs in, registers the printer and reads its status over HTTP', async () => {
  const session = await post('login_user', { email: user.email, password: user.password })
  assert.is(session.status, 200)
  assert.is(session.result.status, 'logged_in')
  const registered = await post('register_printer', { name: 'Voron', token: session.result.token })
  assert.is(registered.result.status, 'registered')
  const { result } = await ask('status')
  assert.is(result.printer_id, registered.result.printer_id)
  assert.is(result.registered, true)
})

test('every method answers by HTTP and by JSON-RPC', async ({ market }) => {
  const { token } = await rpc('login_user', { email: user.email, password: user.password })
  await rpc('register_printer', { name: 'Voron', token })
  const job = await market.add(shortMoves(1000))
  market.rightsLeft = 2
  const bought = { purchase_id: job.claim.purchase_id, token }
  await eventually('the job is here', async () => (await rpc('queue')).job)
  const calls: Record<string, object> = {
    status: {},
    config: {},
    queue: { token },
    purchases: { token },
    prepare_model: { ...bought, ...profile, idempotency_key: 'once' },
    print_model: bought,
    history: { token },
    audit_log: bought,
    renew_token: {},
    set_config: { token, auto_start: false },
    overview: {},
    models: { token },
    wallet: { token },
    print_profiles: { token },
    security_log: { token },
  }
  for (const [method, args] of Object.entries(calls)) {
    const answer = method === 'status' ? await ask(method) : await post(method, args)
    assert.equal([method, answer.status], [method, 200], answer.message)
    const keys = (result: object) => Object.keys(result).sort()
    assert.equal(keys(await rpc(method, args)), keys(answer.result), method)
  }
  assert.is(market.jobs.length, 3)
  const { print_jobs } = (await post('queue', { token })).result as { print_jobs: unknown[] }
  assert.is(print_jobs.length, 3)
  // These are called by the next test, and most of them by tests of their own.
  const others = [
    ...['login_user', 'logout_user', 'register_printer', 'unregister_printer', 'model', 'model_picture', 'buy_model'],
    ...['purchase', 'add_profile', 'remove_profile', 'prepare_status', 'cancel_prepare', 'layer_picture'],
    ...['move_in_queue', 'remove_from_queue', 'start_job', 'cancel_job', 'pause_print', 'resume_print', 'skip_object'],
  ]
  assert.equal([...Object.keys(calls), ...others].sort(), [...methodNames].sort())
  await post('cancel_job')
})

test('Moonraker has a call for each of the edge’s methods', async () => {
  for (const method of methodNames) {
    // The edge refuses it or answers; Moonraker itself would know no such path.
    const { status } = method === 'status' ? await ask(method) : await post(method, { print_job_id: 'none' })
    assert.ok(status !== 404 && status !== 405, `${method} was answered ${status}`)
  }
})

test('a method exists under its own HTTP method only', async () => {
  assert.is((await ask('login_user')).status, 405)
  assert.is((await post('status')).status, 405)
  assert.is((await post('format_disk')).status, 404)
})

test('the owner changes the settings, logs out, and unregisters the printer', async ({ host, testEdge, market }) => {
  const login = { email: user.email, password: user.password }
  const { token } = (await post('login_user', login)).result
  await post('register_printer', { name: 'Voron', token })
  const other = (await post('login_user', { email: stranger.email, password: stranger.password })).result.token
  assert.is((await post('set_config', { token: other, auto_start: true })).status, 403)
  assert.is((await post('set_config', { token, auto_strat: true })).status, 400)
  assert.is((await post('set_config', { token, auto_start: true })).result.auto_start, true)

  await market.add(shortMoves(100), { title: 'Leaving' })
  await reported(testEdge)
  await eventually('there is no current job', async () => (await rpc('status')).job === null)
  const stub = join(host.printer.gcodesDir, 'LMNT', 'Leaving.gcode')
  assert.ok(existsSync(stub))
  assert.is((await post('unregister_printer', { token: other })).status, 403)
  assert.is((await post('unregister_printer', { token, force: 'yes' })).status, 400)
  assert.is((await post('unregister_printer', { token })).result.status, 'unregistered')
  assert.not.ok(existsSync(stub))
  await eventually('Moonraker lists it no more', async () => {
    const files = (await host.client.call('server.files.list')) as { path: string }[]
    return files.every(file => file.path !== 'LMNT/Leaving.gcode')
  })
  const files = readdirSync(host.printer.gcodesDir, { recursive: true, encoding: 'utf8' })
  assert.equal(
    files.filter(name => name.includes('Leaving')),
    [],
  )
  assert.is((await post('unregister_printer', { token })).status, 409)
  assert.is((await post('logout_user', { token })).result.status, 'logged_out')
  assert.is((await post('logout_user', { token })).status, 401)
})

test('the same over JSON-RPC, and a print is started and cancelled', async ({ host, testEdge, market }) => {
  const { token } = await rpc('login_user', { email: user.email, password: user.password })
  await rpc('register_printer', { name: 'Voron', token })
  host.relay.trickle(500)
  const job = await market.add(shortMoves(6000))
  await eventually('the job is ready', async () => {
    const status = (await rpc('status')) as { job: { state: string } | null; printer: { klippy: string } }
    return status.job?.state === 'ready' && status.printer.klippy === 'ready'
  })
  assert.is((await rpc('start_job')).status, 'starting')
  await untilLines(host, 1000)
  assert.is((await rpc('cancel_job', { print_job_id: job.claim.print_job_id })).status, 'cancelling')
  assert.is((await reported(testEdge, job)).stats?.reason, 'cancelled')
})

test('a refusal has its status and its message', async () => {
  const wrong = await post('login_user', { email: user.email, password: 'nothing' })
  assert.equal([wrong.status, wrong.message], [401, 'E-mail or password is wrong.'])
  const missing = await post('login_user')
  assert.is(missing.status, 400)
  assert.match(missing.message, 'email')
  const forged = await post('register_printer', { name: 'Voron', token: 'a.forged.token' })
  assert.equal([forged.status, forged.message], [401, 'The token is not valid.'])
  assert.is((await post('register_printer', { name: 'Voron' })).status, 400)
  assert.equal((await post('start_job')).status, 404)
  assert.match((await refusal(rpc('start_job', { print_job_id: 'nonsense' }))).message, 'print_job_id')
  assert.is((await refusal(rpc('login_user', { email: 7 }))).code, 400)
  assert.is((await ask('status')).result.registered, false)
})

test('without the marketplace each method that needs it says so, by HTTP and by JSON-RPC, and the others work', async ({
  market,
}) => {
  const { token } = await rpc('login_user', { email: user.email, password: user.password })
  await rpc('register_printer', { name: 'Voron', token })
  market.isDown = true
  const { logout_user: _worksAlone, ...needing } = guarded
  const calls: Record<string, object> = { ...needing, login_user: { email: user.email, password: user.password } }
  for (const [method, args] of Object.entries(calls)) {
    const answer = await post(method, { ...args, token })
    assert.equal([method, answer.status], [method, 503])
    assert.ok(answer.message.length > 0)
    const { code } = await refusal(rpc(method, { ...args, token }))
    assert.equal([method, code], [method, 503])
  }
  for (const method of ['status', 'config', 'queue']) assert.ok(await rpc(method), method)
  assert.is((await ask('status')).result.registered, true, 'nothing was lost')
})

test('without the edge each method says so, by HTTP and by JSON-RPC', async ({ testEdge }) => {
  await testEdge.stopEdge()
  for (const method of methodNames) {
    const answer = method === 'status' ? await ask(method) : await post(method)
    assert.equal([method, answer.status], [method, 503])
    assert.match(answer.message, 'The LMNT service is not connected')
    const { code } = await refusal(rpc(method))
    assert.equal([method, code], [method, 503])
  }
})

const developerGuide = printer.suite('the developer guide', defaults)
const document = 'docs/developer-guide.md'
const guide = readFileSync(document, 'utf8')

developerGuide.test('its calls of a printer work as they are pasted', async ({ host, market }) => {
  const { status, said, complaints } = await runCommandsOf(document, {
    env: { MOONRAKER: host.printer.url, EMAIL: user.email, PASSWORD: user.password },
    timeoutMs: 60_000,
  })
  assert.is(status, 0, said + complaints)
  const answers = said
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  const [first, registered, purchases, queue, config, refused, loggedOut] = answers
  assert.is(answers.length, 7, said)
  assert.is(first.result.registered, false)
  assert.is(registered.result.status, 'registered')
  assert.ok(Array.isArray(purchases.result.purchases), said)
  assert.is(queue.result.job, null)
  assert.is(config.result.marketplace_url, market.url)
  assert.type(refused.error.message, 'string')
  assert.ok(loggedOut.result, said)
})

developerGuide.test('its table has every method, and says which ones change something', async () => {
  const rows = [...guide.matchAll(/^\| ([a-z_, ]+) \| (.*) \|$/gm)]
  const listed = rows.flatMap(([, names = '', need = '']) => names.split(', ').map(name => ({ name, need })))
  const known = listed.filter(({ name }) => Object.hasOwn(methods, name))
  assert.equal(known.map(({ name }) => name).sort(), Object.keys(methods).sort())
  for (const { name, need } of known) {
    assert.is(/confirm/.test(need), methods[name]?.changes, name)
    const isForAnyone = ['anyone', 'token if any', 'log-in'].includes(methods[name]?.page ?? '') || name === 'status'
    assert.is(/`token`/.test(need), !isForAnyone && name !== 'login_user', name)
  }
})

printer.run()
