import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { eventually } from '../edge/eventually.ts'
import { user } from '../edge/fake-marketplace.ts'
import { type Bench, environment, openShed, reported, type Shed, setUpBench, shortMoves, untilLines } from './set-up.ts'

const test = suite("the edge's methods in real Moonraker")
const it = environment ? test : test.skip
let shed: Shed
let bench: Bench

if (environment) {
  test.before(async () => {
    shed = await openShed()
  })
  test.before.each(async () => {
    bench = await setUpBench(shed, { isRegistered: false, autoStart: false })
  })
  test.after.each(() => bench.close())
  test.after(() => shed.close())
}

interface Answer {
  status: number
  result: Record<string, unknown>
  message: string
}

async function post(method: string, args: object = {}): Promise<Answer> {
  return ask(method, { method: 'POST', body: JSON.stringify(args), headers: { 'content-type': 'application/json' } })
}

async function ask(method: string, init: RequestInit = {}): Promise<Answer> {
  const answer = await fetch(`${shed.printer.url}/machine/lmnt_marketplace/${method}`, init)
  const body = (await answer.json()) as { result?: Record<string, unknown>; error?: { message: string } }
  return { status: answer.status, result: body.result ?? {}, message: body.error?.message ?? '' }
}

function rpc(method: string, args?: object): Promise<Record<string, unknown>> {
  return shed.client.call(`machine.lmnt_marketplace.${method}`, args) as Promise<Record<string, unknown>>
}

function refusal(promise: Promise<unknown>): Promise<{ code: number; message: string }> {
  return promise.then(
    () => assert.unreachable('it was not refused') as never,
    (error: { code: number; message: string }) => error,
  )
}

it('a person logs in, registers the printer and looks at it over HTTP', async () => {
  const session = await post('login_user', { email: user.email, password: user.password })
  assert.is(session.status, 200)
  assert.is(session.result.status, 'logged_in')
  const registered = await post('register_printer', { name: 'Voron', token: session.result.token })
  assert.is(registered.result.status, 'registered')
  const { result } = await ask('status')
  assert.is(result.printer_id, registered.result.printer_id)
  assert.is(result.registered, true)
})

it('the same over JSON-RPC, and a print is started and cancelled', async () => {
  const { token } = await rpc('login_user', { email: user.email, password: user.password })
  await rpc('register_printer', { name: 'Voron', token })
  const job = await bench.market.add(shortMoves(60_000))
  await eventually('the job is ready', async () => {
    const status = (await rpc('status')) as { job: { state: string } | null; printer: { klippy: string } }
    return status.job?.state === 'ready' && status.printer.klippy === 'ready'
  })
  assert.is((await rpc('start_job')).status, 'starting')
  await untilLines(shed, 1000)
  assert.is((await rpc('cancel_job', { print_job_id: job.claim.print_job_id })).status, 'cancelling')
  assert.is((await reported(bench, job)).stats?.reason, 'cancelled')
})

it('a refusal has its status and its words', async () => {
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

it('with the marketplace or the edge away it says so', async () => {
  bench.market.isDown = true
  assert.is((await post('login_user', { email: user.email, password: user.password })).status, 503)
  await bench.stopEdge()
  const absent = await post('login_user', { email: user.email, password: user.password })
  assert.is(absent.status, 503)
  assert.match(absent.message, 'The LMNT service is not connected')
  assert.is((await ask('status')).status, 503)
})

it('neither password nor token is in the log of Moonraker', async () => {
  const { result } = await post('login_user', { email: user.email, password: user.password })
  await post('register_printer', { name: '', token: result.token })
  await post('login_user', { email: user.email, password: `${user.password} wrong` })
  const kept = readFileSync(shed.printer.moonrakerLog, 'utf8')
  for (const secret of [user.password, user.email, user.token]) assert.not.ok(kept.includes(secret), secret)
})

test.run()
