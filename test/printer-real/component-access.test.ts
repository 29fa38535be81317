import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { stranger, user } from '../make/edge/fake-marketplace.ts'
import { type Answer, componentClient, guarded, refusal } from '../make/printer-real/component.ts'
import { printerSuite } from '../make/printer-real/set-up.ts'

const { test, fixture, run } = printerSuite(
  "access to the edge's methods in real Moonraker",
  {},
  { isRegistered: false, autoStart: false },
)

const { post, postPlainly, form, ask, rpc } = componentClient(fixture)

/** Those of the guarded methods that change nothing, and need no `confirm`. */
const reads = [
  ...['purchases', 'purchase', 'history', 'audit_log', 'security_log'],
  ...['wallet', 'print_profiles', 'prepare_status', 'layer_picture'],
]

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

test('a method that changes something is refused without `confirm`, by a form, by JSON, and by every path of plain HTTP', async ({
  market,
}) => {
  const { token } = await rpc('login_user', { email: user.email, password: user.password })
  await rpc('register_printer', { name: 'Voron', token })
  market.accounts.tokens.set(stranger.token, stranger)
  const before = await rpc('status')
  const calls: Record<string, object> = {
    ...Object.fromEntries(Object.entries(guarded).filter(([name]) => !reads.includes(name))),
    start_job: {},
    cancel_job: {},
    renew_token: {},
    pause_print: {},
    resume_print: {},
    skip_object: { object: 'x' },
  }
  const { websocket_id } = (await fixture().host.client.call('server.websocket.id')) as { websocket_id: number }
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
      const answer = await fetch(`${fixture().host.printer.url}/server/jsonrpc`, {
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

test('an argument with a type in its name, or given twice, is refused in a form, an address and JSON; a plain form works', async () => {
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
  assert.is(((await fixture().host.client.call('server.extensions.request', request)) as Answer).status, 'renewed')
})

test('neither password nor token is in the log of Moonraker', async ({ host }) => {
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
    await fetch(`${host.printer.url}/server/extensions/request?${query}`, { method: 'POST' })
  }
  await fetch(`${host.printer.url}/access/login?username=x&password:str=${secret}`)
  const kept = readFileSync(host.printer.moonrakerLog, 'utf8')
  for (const secret of [user.password, encodeURIComponent(user.password), user.email, user.token])
    assert.not.ok(kept.includes(secret), secret)
})

run()
