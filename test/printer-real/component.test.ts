import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { methodNames } from '../../edge/agent/methods.ts'
import { newId } from '../../schema/http/ids.ts'
import { stranger, user } from '../make/edge/fake-marketplace.ts'
import { eventually } from '../make/eventually.ts'
import { printerSuite, reported, shortMoves, untilLines } from '../make/printer-real/set-up.ts'

const { test, place, run } = printerSuite(
  "the edge's methods in real Moonraker",
  {},
  { isRegistered: false, autoStart: false },
)

interface Answer {
  status: number
  result: Record<string, unknown>
  message: string
}

/** As an app on the network does it: with the value that it has read in the answer of status. */
async function post(method: string, args: object = {}): Promise<Answer> {
  const { confirm } = (await ask('status')).result
  return postPlainly(method, { ...args, ...(confirm === undefined ? {} : { confirm }) })
}

async function postPlainly(method: string, args: object): Promise<Answer> {
  return ask(method, { method: 'POST', body: JSON.stringify(args), headers: { 'content-type': 'application/json' } })
}

/** As another website's form is sent. */
async function form(path: string, fields: [string, string][]): Promise<{ status: number; message: string }> {
  const answer = await fetch(place().shed.printer.url + path, {
    method: 'POST',
    headers: { origin: 'https://attacker.test' },
    body: new URLSearchParams(fields),
  })
  const body = (await answer.json()) as { error?: { message: string } }
  return { status: answer.status, message: body.error?.message ?? '' }
}

async function ask(method: string, init: RequestInit = {}): Promise<Answer> {
  const answer = await fetch(`${place().shed.printer.url}/machine/lmnt_marketplace/${method}`, init)
  const body = (await answer.json()) as { result?: Record<string, unknown>; error?: { message: string } }
  return { status: answer.status, result: body.result ?? {}, message: body.error?.message ?? '' }
}

function rpc(method: string, args?: object): Promise<Record<string, unknown>> {
  return place().shed.client.call(`machine.lmnt_marketplace.${method}`, args) as Promise<Record<string, unknown>>
}

function refusal(promise: Promise<unknown>): Promise<{ code: number; message: string }> {
  return promise.then(
    () => assert.unreachable('it was not refused') as never,
    (error: { code: number; message: string }) => error,
  )
}

test('a person logs in, registers the printer and looks at it over HTTP', async () => {
  const session = await post('login_user', { email: user.email, password: user.password })
  assert.is(session.status, 200)
  assert.is(session.result.status, 'logged_in')
  const registered = await post('register_printer', { name: 'Voron', token: session.result.token })
  assert.is(registered.result.status, 'registered')
  const { result } = await ask('status')
  assert.is(result.printer_id, registered.result.printer_id)
  assert.is(result.registered, true)
})

const purchase_id = newId('purchase', randomBytes)
const profile = { print_profile_id: newId('profile', randomBytes), storage_currency: 'hbar' }
/** Everything that spends, registers or reveals, with good arguments but for the token. */
const guarded = {
  logout_user: {},
  register_printer: { name: 'Voron' },
  unregister_printer: {},
  purchases: {},
  prepare_model: { purchase_id, ...profile },
  print_model: { purchase_id },
  history: {},
  set_config: { auto_start: true },
  audit_log: { purchase_id },
}

test('spending, registering and revealing is refused without a token, by HTTP and by JSON-RPC', async ({ market }) => {
  const statuses: Record<string, number[]> = {}
  for (const [method, args] of Object.entries(guarded)) {
    const forged = { ...args, token: 'a.forged.token' }
    const refusals = [(await post(method, args)).status, (await refusal(rpc(method, args))).code]
    refusals.push((await post(method, forged)).status, (await refusal(rpc(method, forged))).code)
    statuses[method] = refusals
  }
  // Moonraker's JSON-RPC has a code of its own for 401.
  const expected = Object.keys(guarded).map(method => [method, [400, 400, 401, -32602]])
  // Nobody owns a printer that is not registered, whoever asks.
  const unowned = ['unregister_printer', 'set_config'].map(method => [method, [400, 400, 409, 409]])
  assert.equal(statuses, { ...Object.fromEntries(expected), ...Object.fromEntries(unowned) })
  assert.equal(market.accounts.prepared, [])
  assert.equal(market.jobs, [])
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
  // The others have tests of their own here.
  const others = ['login_user', 'logout_user', 'register_printer', 'unregister_printer', 'start_job', 'cancel_job']
  assert.equal([...Object.keys(calls), ...others].sort(), [...methodNames].sort())
  await post('cancel_job')
})

test('what changes something is refused without `confirm`, by a form and by JSON, and by every way of plain HTTP', async ({
  market,
}) => {
  const { token } = await rpc('login_user', { email: user.email, password: user.password })
  await rpc('register_printer', { name: 'Voron', token })
  market.accounts.tokens.set(stranger.token, stranger)
  const before = await rpc('status')
  const calls: Record<string, object> = { ...guarded, start_job: {}, cancel_job: {}, renew_token: {} }
  for (const read of ['purchases', 'history', 'audit_log']) delete calls[read]
  const { websocket_id } = (await place().shed.client.call('server.websocket.id')) as { websocket_id: number }
  for (const [method, args] of Object.entries(calls)) {
    const given = { ...args, token: stranger.token }
    const path = `/machine/lmnt_marketplace/${method}`
    const typed = Object.entries(given).map(([name, value]): [string, string] => [`${name}:str`, String(value)])
    assert.equal([method, (await form(path, typed)).status], [method, 400])
    assert.equal([method, (await form(path, [])).status], [method, 403])
    // A connection that the caller names is not one that it has.
    assert.equal([method, (await form(`${path}?connection_id=${websocket_id}`, [])).status], [method, 403])
    assert.equal([method, (await postPlainly(method, given)).status], [method, 403])
    const request = { agent: 'lmnt_marketplace', method, arguments: given }
    const fields = Object.entries({ ...request, 'arguments:json': JSON.stringify(given) })
    const asForm = fields.filter(([name]) => name !== 'arguments') as [string, string][]
    assert.equal([method, (await form('/server/extensions/request', asForm)).status], [method, 424])
    for (const name of ['server.extensions.request', `machine.lmnt_marketplace.${method}`]) {
      const call = { jsonrpc: '2.0', id: 1, method: name, params: name.startsWith('server') ? request : given }
      const answer = await fetch(`${place().shed.printer.url}/server/jsonrpc`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(call),
      })
      assert.ok('error' in ((await answer.json()) as object), `${name} ${method}`)
    }
  }
  const after = await rpc('status')
  assert.equal([after.printer_id, after.auto_start], [before.printer_id, false])
})

test('a name that is typed or doubled is refused, in a form, an address and JSON; a plain form works', async () => {
  const { token } = await rpc('login_user', { email: user.email, password: user.password })
  await rpc('register_printer', { name: 'Voron', token })
  const confirm = String((await rpc('status')).confirm)
  const path = '/machine/lmnt_marketplace/renew_token'
  assert.is((await form(path, [['confirm:str', confirm]])).status, 400)
  const doubled: [string, string][] = [
    ['confirm', confirm],
    ['confirm', confirm],
  ]
  assert.match((await form(path, doubled)).message, 'given twice')
  assert.is((await form(`${path}?confirm=${confirm}`, [['confirm', confirm]])).status, 400)
  for (const body of [`{"confirm":"x","confirm":"${confirm}"}`, '[["confirm","x"]]', '{"confirm"', `{"a:str":1}`]) {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
    assert.equal([body, (await ask('renew_token', init)).status], [body, 400])
  }
  assert.is((await form(path, [['confirm', confirm]])).status, 200)
  // By the other name on a websocket, too, nothing more is needed.
  const request = { agent: 'lmnt_marketplace', method: 'renew_token' }
  assert.is(((await place().shed.client.call('server.extensions.request', request)) as Answer).status, 'renewed')
})

test('a method is there under its own verb only', async () => {
  assert.is((await ask('login_user')).status, 405)
  assert.is((await post('status')).status, 405)
  assert.is((await post('format_disk')).status, 404)
})

test('the owner changes the settings, logs out, and unregisters the printer', async ({ shed, bench, market }) => {
  const login = { email: user.email, password: user.password }
  const { token } = (await post('login_user', login)).result
  await post('register_printer', { name: 'Voron', token })
  const other = (await post('login_user', { email: stranger.email, password: stranger.password })).result.token
  assert.is((await post('set_config', { token: other, auto_start: true })).status, 403)
  assert.is((await post('set_config', { token, auto_strat: true })).status, 400)
  assert.is((await post('set_config', { token, auto_start: true })).result.auto_start, true)

  // A title of its own: the files of other tests' edges are none of this one's, and stay.
  await market.add(shortMoves(100), { title: 'Leaving' })
  await reported(bench)
  await eventually('no print is in hand', async () => (await rpc('status')).job === null)
  const stub = join(shed.printer.gcodesDir, 'LMNT', 'Leaving.gcode')
  assert.ok(existsSync(stub))
  assert.is((await post('unregister_printer', { token: other })).status, 403)
  assert.is((await post('unregister_printer', { token, force: 'yes' })).status, 400)
  assert.is((await post('unregister_printer', { token })).result.status, 'unregistered')
  assert.not.ok(existsSync(stub))
  await eventually('Moonraker lists it no more', async () => {
    const files = (await shed.client.call('server.files.list')) as { path: string }[]
    return files.every(file => file.path !== 'LMNT/Leaving.gcode')
  })
  const pictures = readdirSync(join(shed.printer.gcodesDir, 'LMNT'), { recursive: true, encoding: 'utf8' })
  assert.equal(
    pictures.filter(name => name.includes('Leaving')),
    [],
  )
  assert.is((await post('unregister_printer', { token })).status, 409)
  assert.is((await post('logout_user', { token })).result.status, 'logged_out')
  assert.is((await post('logout_user', { token })).status, 401)
})

test('the same over JSON-RPC, and a print is started and cancelled', async ({ shed, bench, market }) => {
  const { token } = await rpc('login_user', { email: user.email, password: user.password })
  await rpc('register_printer', { name: 'Voron', token })
  const job = await market.add(shortMoves(60_000))
  await eventually('the job is ready', async () => {
    const status = (await rpc('status')) as { job: { state: string } | null; printer: { klippy: string } }
    return status.job?.state === 'ready' && status.printer.klippy === 'ready'
  })
  assert.is((await rpc('start_job')).status, 'starting')
  await untilLines(shed, 1000)
  assert.is((await rpc('cancel_job', { print_job_id: job.claim.print_job_id })).status, 'cancelling')
  assert.is((await reported(bench, job)).stats?.reason, 'cancelled')
})

test('a refusal has its status and its words', async () => {
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

test('with the marketplace away each method that needs it says so, by HTTP and by JSON-RPC, and the others work', async ({
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

test('with the edge away each method says so, by HTTP and by JSON-RPC', async ({ bench }) => {
  await bench.stopEdge()
  for (const method of methodNames) {
    const answer = method === 'status' ? await ask(method) : await post(method)
    assert.equal([method, answer.status], [method, 503])
    assert.match(answer.message, 'The LMNT service is not connected')
    const { code } = await refusal(rpc(method))
    assert.equal([method, code], [method, 503])
  }
})

test('neither password nor token is in the log of Moonraker', async ({ shed }) => {
  const { result } = await post('login_user', { email: user.email, password: user.password })
  await post('register_printer', { name: '', token: result.token })
  await post('login_user', { email: user.email, password: `${user.password} wrong` })
  const secret = encodeURIComponent(user.password)
  for (const name of [
    'password',
    'password:str',
    'password%3astr',
    'p%61ssword',
    'password:int',
    'confirm&token:str',
  ]) {
    await ask(`login_user?email=x&${name}=${secret}`)
    await ask(`login_user?email=x&${name}=${secret}`, { method: 'POST' })
  }
  const args = encodeURIComponent(JSON.stringify({ password: user.password }))
  for (const text of [args, args.slice(0, -1)]) {
    const query = `agent=lmnt_marketplace&method=login_user&arguments:json=${text}`
    await fetch(`${shed.printer.url}/server/extensions/request?${query}`, { method: 'POST' })
  }
  await fetch(`${shed.printer.url}/access/login?username=x&password:str=${secret}`)
  const kept = readFileSync(shed.printer.moonrakerLog, 'utf8')
  for (const secret of [user.password, encodeURIComponent(user.password), user.email, user.token])
    assert.not.ok(kept.includes(secret), secret)
})

run()
