import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { user } from '../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { type EdgeFixture, makeEdgeFixture, register, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('calls from macros')
let fixture: EdgeFixture

test.before.each(async () => {
  fixture = await makeEdgeFixture({ autoStart: false, isRegistered: false })
})
test.after.each(() => fixture.close())

/** What a macro's action_call_remote_method does; registered only a moment after the edge is an agent. */
function macro(name: string, params?: object): Promise<unknown> {
  const call = { method: `lmnt_marketplace/${name}`, ...(params ? { params } : {}) }
  return eventually(`a macro calls ${name}`, () =>
    fixture.client.call('virtual_printer.call_remote_method', call).catch(() => false),
  )
}

/** The next line on the console that says this. */
async function said(words: string): Promise<string> {
  const line = await eventually(`the console says ${words}`, () =>
    fixture.client.console.find(one => one.includes(words)),
  )
  fixture.client.console.length = 0
  return line
}

test('a macro starts and cancels the current job, and the console confirms it', async () => {
  await register(fixture)
  await macro('start_job')
  await said('LMNT: start_job: There is no such job at this printer.')
  await fixture.market.add(makeGcode(100))
  await eventually('the job is ready', async () => {
    const { job } = (await fixture.client.agent('status')) as { job: { state: string } | null }
    return job?.state === 'ready'
  })
  await macro('status')
  await said('LMNT: Registered as Voron. The current print job is ready.')
  await macro('start_job')
  await said('The print is starting.')
  assert.is((await reported(fixture)).status, 'success')

  const second = await fixture.market.add(makeGcode(100))
  await eventually('another job', async () => {
    const { job } = (await fixture.client.agent('status')) as { job: { print_job_id: string } | null }
    return job?.print_job_id === second.claim.print_job_id
  })
  await macro('cancel_job', { print_job_id: 'nonsense' })
  await said('LMNT: cancel_job: print_job_id')
  await macro('cancel_job', { print_job_id: second.claim.print_job_id })
  await said('The print is cancelled.')
  assert.is((await reported(fixture, second)).stats?.reason, 'cancelled')
})

test('every method that needs no token works from a macro, and its result is on the console', async () => {
  await macro('status')
  await said('Not registered at the marketplace. There is no current print job.')
  await macro('queue')
  await said('No current job')
  await macro('config')
  await said('auto_start is off')
  await macro('renew_token')
  await said('LMNT: renew_token: This printer is not registered')
  await register(fixture)
  await macro('renew_token')
  await said('good until')
})

test('a macro with a password or a token is refused; the value is repeated nowhere, and the console says where to log in', async () => {
  await macro('login_user', { email: user.email, password: user.password })
  const line = await said('login_user')
  assert.match(line, 'does not take passwords or tokens from a macro')
  assert.match(line, 'POST /machine/lmnt_marketplace/login_user')
  assert.is(fixture.market.accounts.tokens.size, 0, 'nobody is logged in')
  const { token } = await fixture.client.agent('login_user', { email: user.email, password: user.password })
  for (const [method, params] of [
    ['register_printer', { name: 'Voron', token }],
    ['start_job', { token }],
  ] as const) {
    await macro(method, params)
    await said(`LMNT: ${method} does not take passwords`)
  }
  for (const [method, params] of [
    ['purchases', {}],
    ['set_config', { auto_start: true }],
  ] as const) {
    await macro(method, params)
    await said(`LMNT: ${method} cannot be called from a macro. A macro may call status, queue, start_job`)
  }
  assert.is((await fixture.client.agent('status')).registered, false)
  assert.not.ok(fixture.client.console.some(one => one.includes(user.password) || one.includes(String(token))))
})

test('names and errors from outside reach the console as plain text', async () => {
  const { token } = await fixture.client.agent('login_user', { email: user.email, password: user.password })
  await fixture.client.agent('register_printer', { name: 'My "<b>Voron</b>" #1; *M112*', token })
  await macro('status')
  assert.match(await said('Registered as'), 'Registered as My bVoron/b 1 M112. There is no current print job.')
})

test('macros reach the edge again after the connection was lost, and after Klipper was restarted', async () => {
  await macro('status')
  await said('Not registered')
  await fixture.client.call('virtual_printer.drop_connections')
  await macro('status')
  await said('Not registered')
  await fixture.client.call('printer.firmware_restart')
  await eventually('Klipper is ready', async () => {
    const info = (await fixture.client.call('printer.info').catch(() => ({}))) as { state?: string }
    return info.state === 'ready'
  })
  await macro('status')
  await said('Not registered')
})

test.run()
