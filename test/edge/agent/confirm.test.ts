import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { methodNames } from '../../../edge/agent/methods.ts'
import { stranger, user } from '../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { type EdgeFixture, makeEdgeFixture } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite("a website that is open in a browser on the printer's network")
let fixture: EdgeFixture

test.before.each(async () => {
  fixture = await makeEdgeFixture({ autoStart: false })
  fixture.market.accounts.tokens.set(stranger.token, stranger)
})
test.after.each(() => fixture.close())

const own = '/machine/lmnt_marketplace'

/** As a form of another website is sent: no preflight, and nobody there reads the answer. */
function form(path: string, fields: [string, string][] | Record<string, string>): Promise<Response> {
  return fetch(fixture.printer.url + path, {
    method: 'POST',
    headers: { origin: 'https://attacker.test', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields),
  })
}

function json(path: string, args: object): Promise<Response> {
  return fetch(fixture.printer.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(args),
  })
}

async function status(): Promise<Record<string, unknown>> {
  const answer = await fetch(`${fixture.printer.url}${own}/status`)
  return ((await answer.json()) as { result: Record<string, unknown> }).result
}

const confirm = async () => (await status()).confirm as string

test('cannot register it, change it, or start and cancel its job, by a form or by JSON', async () => {
  const before = await status()
  await fixture.market.add(makeGcode(100))
  await eventually(
    'the job is ready',
    async () => ((await status()).job as { state: string } | null)?.state === 'ready',
  )
  const token = stranger.token
  const calls: Record<string, Record<string, string>> = {
    register_printer: { name: 'Taken', token },
    unregister_printer: { token },
    set_config: { auto_start: 'true', token },
    logout_user: { token },
    prepare_model: { token },
    print_model: { token },
    start_job: {},
    cancel_job: {},
    renew_token: {},
    pause_print: {},
    resume_print: {},
    skip_object: { object: 'gear' },
    buy_model: { token },
    add_profile: { token },
    remove_profile: { token },
    cancel_prepare: { token },
    move_in_queue: { token },
    remove_from_queue: { token },
  }
  for (const [name, args] of Object.entries(calls)) {
    const named = Object.entries({ ...args, confirm: 'guessed' })
    const typed = Object.fromEntries(named.map(([key, value]) => [`${key}:str`, value]))
    assert.is((await form(`${own}/${name}`, args)).status, 403, name)
    assert.is((await form(`${own}/${name}`, typed)).status, 400, name)
    assert.is((await json(`${own}/${name}`, args)).status, 403, name)
    assert.is((await json(`${own}/${name}`, { ...args, confirm: '0'.repeat(32) })).status, 403, name)
    const request = { agent: 'lmnt_marketplace', method: name, 'arguments:json': JSON.stringify(args) }
    assert.is((await form('/server/extensions/request', request)).status, 424, name)
  }
  const after = await status()
  assert.equal([after.printer_id, after.auto_start], [before.printer_id, false])
  assert.is((after.job as { state: string }).state, 'ready')
  const watching = ['status', 'overview', 'queue', 'config', 'history', 'audit_log', 'security_log']
  const choosing = ['models', 'model', 'model_picture', 'wallet', 'purchases', 'purchase', 'print_profiles']
  const reads = ['login_user', 'prepare_status', 'layer_picture', ...watching, ...choosing]
  assert.equal([...Object.keys(calls), ...reads].sort(), [...methodNames].sort())
})

test('with `confirm` from status a form or JSON starts the job; an argument with a type in its name, or given twice, is refused', async () => {
  await fixture.market.add(makeGcode(100))
  await eventually(
    'the job is ready',
    async () => ((await status()).job as { state: string } | null)?.state === 'ready',
  )
  const value = await confirm()
  assert.is((await form(`${own}/start_job`, { 'confirm:str': value })).status, 400)
  const doubled: [string, string][] = [
    ['confirm', value],
    ['confirm', value],
  ]
  assert.is((await form(`${own}/start_job`, doubled)).status, 400)
  assert.is((await json(`${own}/start_job?confirm=${value}`, { confirm: value })).status, 400)
  assert.is((await form(`${own}/cancel_job`, { confirm: value, print_job_id: 'job_none' })).status, 400)
  assert.is((await form(`${own}/start_job`, { confirm: value })).status, 200)
})

test('`confirm` changes with each start of the edge', async () => {
  const old = await confirm()
  await fixture.restartEdge()
  assert.is.not(await confirm(), old)
  assert.is((await json(`${own}/renew_token`, { confirm: old })).status, 403)
  assert.is((await json(`${own}/renew_token`, { confirm: await confirm() })).status, 200)
})

test('a websocket, whose origin Moonraker checks, needs no `confirm`, by either method name', async () => {
  assert.is((await fixture.client.agent('renew_token')).status, 'renewed')
  const answer = (await fixture.client.call('machine.lmnt_marketplace.renew_token')) as { status: string }
  assert.is(answer.status, 'renewed')
  const session = (await fixture.client.agent('login_user', { email: user.email, password: user.password })) as {
    token: string
  }
  assert.is((await fixture.client.agent('set_config', { token: session.token, auto_start: true })).auto_start, true)
})

test.run()
