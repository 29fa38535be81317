import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { user } from '../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { makeWorkshop, register, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite("the edge as Moonraker's agent")

test('a person logs in and registers the printer through Moonraker', async () => {
  const shop = await makeWorkshop({ isRegistered: false })
  try {
    assert.is((await shop.client.agent('status')).registered, false)
    const session = await shop.client.agent('login_user', { email: user.email, password: user.password })
    assert.equal(Object.keys(session).sort(), ['expires_in', 'role', 'status', 'token', 'user_id'])
    const answer = await shop.client.agent('register_printer', { name: 'Voron', token: session.token })
    assert.is(answer.status, 'registered')
    assert.not.ok('printer_token' in answer)
    const status = await shop.client.agent('status')
    assert.is(status.registered, true)
    assert.is(status.printer_id, answer.printer_id)

    const path = join(shop.config.dataDir, 'printer.json')
    assert.is(statSync(path).mode & 0o777, 0o600)
    assert.not.match(readFileSync(path, 'utf8'), 'refresh-token')
    await shop.market.add(makeGcode(100))
    assert.is((await reported(shop)).status, 'success')
  } finally {
    await shop.close()
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
  const shop = await makeWorkshop({ isRegistered: false })
  try {
    const { agent } = shop.client
    assert.match(await refusal(agent('login_user', { email: user.email, password: 'nothing' })), 'RPC error')
    assert.match(await refusal(agent('login_user')), 'RPC error')
    assert.match(await refusal(agent('register_printer', { name: 'Voron' })), 'RPC error')
    assert.match(await refusal(agent('register_printer', { name: 'Voron', token: 'a.forged.token' })), 'RPC error')
    assert.match(await refusal(agent('format_disk')), 'RPC error')
    const code = (method: string, params: unknown) =>
      shop.edge.call(method, params).then(
        () => '',
        (error: { code: string }) => error.code,
      )
    assert.is(await code('login_user', { email: user.email, password: 'nothing' }), 'wrong_credentials')
    assert.is(await code('register_printer', { name: 'Voron' }), 'invalid_input')
    assert.is(await code('register_printer', { name: 'Voron', token: 'a.forged.token' }), 'unauthenticated')
    assert.is(await code('start_job', {}), 'not_found')
    shop.market.isDown = true
    assert.is(await code('login_user', { email: user.email, password: user.password }), 'marketplace_unavailable')
    assert.is((await agent('status')).registered, false, 'a refused registration changes nothing')
  } finally {
    await shop.close()
  }
})

test('a printer with a print in hand is not registered anew', async () => {
  const shop = await makeWorkshop({ autoStart: false })
  try {
    await shop.market.add(makeGcode(100))
    await eventually('the job is there', async () => (await shop.client.agent('status')).job)
    assert.match(await refusal(register(shop)), 'RPC error')
    await shop.client.agent('cancel_job')
    await reported(shop)
    await eventually('it is taken', () =>
      register(shop).then(
        () => true,
        () => false,
      ),
    )
  } finally {
    await shop.close()
  }
})

test('cancel_job ends a print that runs', async () => {
  const shop = await makeWorkshop({ printer: { linesPerSecond: 5000 } })
  try {
    await shop.market.add(makeGcode(20_000))
    await eventually('lines run', async () => ((await shop.client.lastRun())?.lines ?? 0) > 500)
    await shop.client.agent('cancel_job')
    assert.is((await reported(shop)).stats?.reason, 'cancelled')
  } finally {
    await shop.close()
  }
})

test('it is an agent again after Klipper or Moonraker were restarted, and prints', async () => {
  const shop = await makeWorkshop()
  try {
    await shop.client.call('printer.firmware_restart')
    await shop.market.add(makeGcode(500))
    assert.is((await reported(shop)).status, 'success')
  } finally {
    await shop.close()
  }
})

test('a second edge on the same socket is refused in words', async () => {
  const shop = await makeWorkshop()
  try {
    assert.match(await refusal(shop.startEdge()), 'Another edge is listening')
  } finally {
    await shop.close()
  }
})

test.run()
