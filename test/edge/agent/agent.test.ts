import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { user } from '../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { makeEdgeFixture, register, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite("the edge as Moonraker's agent")

test('a person logs in and registers the printer through Moonraker', async () => {
  const fixture = await makeEdgeFixture({ isRegistered: false })
  try {
    assert.is((await fixture.client.agent('status')).registered, false)
    const session = await fixture.client.agent('login_user', { email: user.email, password: user.password })
    assert.equal(Object.keys(session).sort(), ['expires_in', 'role', 'status', 'token', 'user_id'])
    const answer = await fixture.client.agent('register_printer', { name: 'Voron', token: session.token })
    assert.is(answer.status, 'registered')
    assert.not.ok('printer_token' in answer)
    const status = await fixture.client.agent('status')
    assert.is(status.registered, true)
    assert.is(status.printer_id, answer.printer_id)

    const path = join(fixture.config.dataDir, 'printer.json')
    assert.is(statSync(path).mode & 0o777, 0o600)
    assert.not.match(readFileSync(path, 'utf8'), 'refresh-token')
    await fixture.market.add(makeGcode(100))
    assert.is((await reported(fixture)).status, 'success')
  } finally {
    await fixture.close()
  }
})

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: Error) => reason,
  )
  if (!error) throw new Error('it was not refused')
  return String(error)
}

test('a wrong password, a missing token and an unknown method are refused', async () => {
  const fixture = await makeEdgeFixture({ isRegistered: false })
  try {
    const { agent } = fixture.client
    assert.match(await refusal(agent('login_user', { email: user.email, password: 'nothing' })), 'RPC error')
    assert.match(await refusal(agent('login_user')), 'RPC error')
    assert.match(await refusal(agent('register_printer', { name: 'Voron' })), 'RPC error')
    assert.match(await refusal(agent('register_printer', { name: 'Voron', token: 'a.forged.token' })), 'RPC error')
    assert.match(await refusal(agent('format_disk')), 'RPC error')
    const code = (method: string, params: unknown) =>
      fixture.edge.call(method, params).then(
        () => '',
        (error: { code: string }) => error.code,
      )
    assert.is(await code('login_user', { email: user.email, password: 'nothing' }), 'wrong_credentials')
    assert.is(await code('register_printer', { name: 'Voron' }), 'invalid_input')
    assert.is(await code('register_printer', { name: 'Voron', token: 'a.forged.token' }), 'unauthenticated')
    assert.is(await code('start_job', {}), 'not_found')
    fixture.market.isDown = true
    assert.is(await code('login_user', { email: user.email, password: user.password }), 'marketplace_unavailable')
    assert.is((await agent('status')).registered, false, 'a refused registration changes nothing')
  } finally {
    await fixture.close()
  }
})

test('a printer with a current print job is not registered again', async () => {
  const fixture = await makeEdgeFixture({ autoStart: false })
  try {
    await fixture.market.add(makeGcode(100))
    await eventually('the job is there', async () => (await fixture.client.agent('status')).job)
    assert.match(await refusal(register(fixture)), 'RPC error')
    await fixture.client.agent('cancel_job')
    await reported(fixture)
    await eventually('the report is accepted', () =>
      register(fixture).then(
        () => true,
        () => false,
      ),
    )
  } finally {
    await fixture.close()
  }
})

test('cancel_job ends a print that runs', async () => {
  const fixture = await makeEdgeFixture({ printer: { linesPerSecond: 5000 } })
  try {
    await fixture.market.add(makeGcode(20_000))
    await eventually('lines run', async () => ((await fixture.client.lastRun())?.lines ?? 0) > 500)
    await fixture.client.agent('cancel_job')
    assert.is((await reported(fixture)).stats?.reason, 'cancelled')
  } finally {
    await fixture.close()
  }
})

test('the edge is an agent again after a restart of Klipper or Moonraker, and prints', async () => {
  const fixture = await makeEdgeFixture()
  try {
    await fixture.client.call('printer.firmware_restart')
    await fixture.market.add(makeGcode(500))
    assert.is((await reported(fixture)).status, 'success')
  } finally {
    await fixture.close()
  }
})

test('a second edge on the same socket is refused with a message', async () => {
  const fixture = await makeEdgeFixture()
  try {
    assert.match(await refusal(fixture.startEdge()), 'Another edge is listening')
  } finally {
    await fixture.close()
  }
})

test.run()
