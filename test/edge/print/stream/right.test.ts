import { readFileSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { closeDialog, dialogOf, noDialog, press, questionShown } from '../../../make/edge/dialog.ts'
import { user } from '../../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../../make/edge/gcode.ts'
import { type EdgeFixture, type EdgeFixtureOptions, makeEdgeFixture, reported } from '../../../make/edge/set-up.ts'
import { eventually } from '../../../make/eventually.ts'

const test = suite('a file that is started without a job')
const filename = 'LMNT/Gear.gcode'
const gcode = makeGcode(500)

/** A printer with a file in its list that has no job, and two rights. */
function it(name: string, check: (fixture: EdgeFixture) => Promise<void>, options: EdgeFixtureOptions = {}): void {
  test(name, async () => {
    const fixture = await makeEdgeFixture({ autoStart: false, asksBeforeUsingRights: true, ...options })
    try {
      Object.assign(fixture.market, { rightsLeft: 2, sendsRights: true })
      await fixture.market.prepare(gcode)
      await eventually('the stub is there', () => metadata(fixture))
      await check(fixture)
    } finally {
      await fixture.close()
    }
  })
}

function metadata({ client }: EdgeFixture): Promise<Record<string, unknown> | null> {
  const answer = client.call('server.files.metadata', { filename }) as Promise<Record<string, unknown>>
  return answer.catch(() => null)
}

/** By a form of another website, as well as by hand. */
function start({ printer }: EdgeFixture): Promise<Response> {
  return fetch(`${printer.url}/printer/print/start`, {
    method: 'POST',
    headers: { origin: 'https://attacker.test' },
    body: new URLSearchParams({ filename }),
  })
}

const isWaitingForAnswer = ({ client }: EdgeFixture) =>
  client.console.some(line => line.includes('Waiting for an answer'))

const isState = (fixture: EdgeFixture, state: string) =>
  eventually(`the print is ${state}`, async () => (await fixture.client.printStats()).state === state)

it('asks on every screen before it uses a right, and prints after a "yes"', async fixture => {
  assert.is((await start(fixture)).status, 200)
  const dialog = await questionShown(fixture.client)
  assert.is(dialog.title, 'LMNT Marketplace')
  assert.is(dialog.text, 'Print Gear? This uses 1 of your 2 remaining prints. Profile: Fine PLA.')
  assert.equal(fixture.market.orders, [])
  assert.is((await fixture.client.printStats()).state, 'printing')
  await eventually('the print says what it waits for', () => isWaitingForAnswer(fixture))
  await press(fixture.client, dialog, 'Start')
  const job = await eventually('the job', () => fixture.market.jobs[0])
  assert.is((await reported(fixture, job)).status, 'success')
  assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
  assert.is(fixture.market.rightsLeft, 1)
  await noDialog(fixture.client)
})

for (const [how, decline] of [
  ['"Not now"', async (fixture: EdgeFixture) => press(fixture.client, await questionShown(fixture.client), 'Not now')],
  ['the X', (fixture: EdgeFixture) => fixture.client.call('printer.gcode.script', { script: closeDialog })],
  ['a cancel', (fixture: EdgeFixture) => fixture.client.call('printer.print.cancel')],
] as const) {
  it(`uses no right after ${how}, and ends as cancelled`, async fixture => {
    await start(fixture)
    await questionShown(fixture.client)
    await decline(fixture)
    await isState(fixture, 'cancelled')
    await noDialog(fixture.client)
    assert.equal([fixture.market.orders, fixture.market.rightsLeft], [[], 2])
    // And again.
    await start(fixture)
    await press(fixture.client, await questionShown(fixture.client), 'Start')
    assert.is((await reported(fixture, await eventually('the job', () => fixture.market.jobs[0]))).status, 'success')
  })
}

it('accepts only its own nonce, and not one that a website has chosen', async fixture => {
  await start(fixture)
  await questionShown(fixture.client)
  const nonce = 'a'.repeat(32)
  const body = new URLSearchParams({ nonce, 'lines:json': '["Mine?"]' })
  await fetch(`${fixture.printer.url}/printer/lmnt_stream/ask`, { method: 'POST', body })
  const script = new URLSearchParams({ script: `LMNT_CONSENT NONCE=${nonce} ANSWER=start` })
  await fetch(`${fixture.printer.url}/printer/gcode/script`, { method: 'POST', body: script })
  await press(fixture.client, await questionShown(fixture.client), 'Not now')
  await isState(fixture, 'cancelled')
  assert.equal(fixture.market.orders, [])
})

it('does not ask when the app has ordered the print, before or meanwhile', async fixture => {
  await start(fixture)
  await questionShown(fixture.client)
  const job = await fixture.market.add(gcode, { purchaseId: fixture.market.prepared[0]!.purchase_id })
  assert.is((await reported(fixture, job)).status, 'success')
  await noDialog(fixture.client)
  const next = await fixture.market.add(gcode, { purchaseId: fixture.market.prepared[0]!.purchase_id })
  await questionShown(fixture.client)
  await start(fixture)
  assert.is((await reported(fixture, next)).status, 'success')
  assert.equal(fixture.market.orders, [])
})

it('says without a question that no right remains, and the file shows it and keeps its time', async fixture => {
  const path = join(fixture.printer.gcodesDir, filename)
  utimesSync(path, 1e9, 1e9)
  const plain = readFileSync(path, 'utf8')
  fixture.market.rightsLeft = 0
  const name = () => /^; filament_settings_id = "(.*)"$/m.exec(readFileSync(path, 'utf8'))?.[1]
  await eventually('the message is shown', () => name() === 'no prints left - Generic PLA @0.4 nozzle')
  assert.is(statSync(path).mtimeMs, 1e12)
  await start(fixture)
  await isState(fixture, 'error')
  assert.match((await fixture.client.printStats()).message, 'used up')
  assert.is(dialogOf(fixture.client.console), null)
  assert.not.ok(isWaitingForAnswer(fixture))
  fixture.market.rightsLeft = 1
  await eventually('the stub has no mark', () => readFileSync(path, 'utf8') === plain)
  fixture.market.prepared = []
  await eventually('the stub is marked as expired', () => name() === 'expired - Generic PLA @0.4 nozzle')
  assert.is(statSync(path).mtimeMs, 1e12)
})

it('says that expired G-code is prepared again, and prints it when its job comes', async fixture => {
  fixture.market.renewal =
    'The G-code of Gear has expired. It is prepared again, without a fee, and printed when it is ready.'
  await start(fixture)
  await press(fixture.client, await questionShown(fixture.client), 'Start')
  await isState(fixture, 'error')
  assert.match((await fixture.client.printStats()).message, 'It is prepared again, without a fee')
  assert.is(fixture.market.orders.length, 1, 'asked once: the answer is final for this print')
  const { purchase_id: purchaseId } = fixture.market.prepared[0]!
  const job = await fixture.market.add(gcode, { purchaseId })
  await eventually('the job is here', async () => (await fixture.client.agent('status')).job)
  await start(fixture)
  assert.is((await reported(fixture, job)).status, 'success')
  assert.is(fixture.market.orders.length, 1)
})

it('asks nobody while the owner has switched the question off', async fixture => {
  const { token } = await fixture.client.agent('login_user', { email: user.email, password: user.password })
  const answer = await fixture.client.agent('set_config', { token, ask_before_using_rights: false })
  assert.equal([answer.ask_before_using_rights, answer.auto_start], [false, false])
  await start(fixture)
  assert.is((await reported(fixture, await eventually('the job', () => fixture.market.jobs[0]))).status, 'success')
  assert.is(
    (await fixture.client.agent('set_config', { token, ask_before_using_rights: null })).ask_before_using_rights,
    true,
  )
})

it('asks again after a restart of the edge', async fixture => {
  await start(fixture)
  await questionShown(fixture.client)
  await fixture.restartEdge()
  await eventually('the first was closed', () => fixture.client.console.includes('// action:prompt_end'))
  await press(fixture.client, await questionShown(fixture.client), 'Start')
  assert.is((await reported(fixture, await eventually('the job', () => fixture.market.jobs[0]))).status, 'success')
})

it('asks again when the answer to an order was lost: the consent was for that print, and not for this one', async fixture => {
  // No answer comes, and the job that it would name never comes either: the order stays open on the disk.
  fixture.market.afterOrder = async () => {
    for (const job of fixture.market.jobs) job.status = 'expired'
    return false
  }
  await start(fixture)
  await press(fixture.client, await questionShown(fixture.client), 'Start')
  await isState(fixture, 'error')
  const orders = fixture.market.orders.length
  await fixture.restartEdge()
  await start(fixture)
  const dialog = await questionShown(fixture.client)
  assert.is(fixture.market.orders.length, orders)
  await press(fixture.client, dialog, 'Not now')
  await isState(fixture, 'cancelled')
  assert.is(fixture.market.orders.length, orders)
})

test.run()
