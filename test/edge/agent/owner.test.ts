import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { askEdge } from '../../../edge/shell.ts'
import { type Dialog, dialogOf, noDialog, press } from '../../make/edge/dialog.ts'
import { stranger, user } from '../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { type EdgeFixture, makeEdgeFixture } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite("the printer's owner")
let fixture: EdgeFixture

test.before.each(async () => {
  fixture = await makeEdgeFixture({ autoStart: false })
})
test.after.each(() => fixture.close())

async function logIn({ email, password } = user): Promise<string> {
  return (await fixture.client.agent('login_user', { email, password })).token as string
}

/** The status of an answer over plain HTTP by somebody who has read `confirm`, and its words. */
async function register(token: string): Promise<[number, string]> {
  const { confirm } = await fixture.client.agent('status')
  const answer = await fetch(`${fixture.printer.url}/machine/lmnt_marketplace/register_printer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Mine <now>', token, confirm }),
  })
  const body = (await answer.json()) as { error?: { message: string } }
  return [answer.status, body.error?.message ?? '']
}

const identity = () => JSON.parse(readFileSync(join(fixture.config.dataDir, 'printer.json'), 'utf8'))

function question(): Promise<Dialog> {
  return eventually('the question', () => {
    const dialog = dialogOf(fixture.client.console)
    return dialog?.buttons['Change owner'] !== undefined && dialog
  })
}

test("another account's token does not change the owner; the people at the printer are asked", async () => {
  const before = identity()
  const [status, words] = await register(await logIn(stranger))
  assert.is(status, 403)
  assert.match(words, "Answer the question on the printer's screen")
  const dialog = await question()
  assert.is(dialog.title, 'LMNT Marketplace')
  assert.match(dialog.text, `Another account (${stranger.user_id}) wants to register it as "Mine now".`)
  assert.equal(dialog.colours, { 'Keep owner': 'secondary', 'Change owner': 'primary' })
  assert.equal((await register(await logIn(stranger)))[0], 403, 'the same question')

  await press(fixture.client, dialog, 'Keep owner')
  await noDialog(fixture.client)
  assert.match((await register(await logIn(stranger)))[1], 'refused the change')
  assert.is(dialogOf(fixture.client.console), null, 'nobody is asked again and again')
  assert.equal(identity(), before)
  assert.is(fixture.market.accounts.printers.length, 1)
})

test('when somebody at the printer agrees the owner changes, and auto_start is off', async () => {
  await fixture.client.agent('set_config', { token: await logIn(), auto_start: true, ask_before_using_rights: false })
  const first = identity()
  assert.is((await register(await logIn(stranger)))[0], 403)
  await press(fixture.client, await question(), 'Change owner')
  await eventually('the printer has another owner', () => identity().user_id === stranger.user_id)
  await eventually('the console line appears', () =>
    fixture.client.console.some(line => line.includes('has a new owner')),
  )
  assert.is.not(identity().printer_id, first.printer_id)
  assert.equal(fixture.market.accounts.printers[0]?.tokens, [], 'the earlier registration is given up')
  const config = await fixture.client.agent('config')
  assert.equal(
    [config.auto_start, config.ask_before_using_rights, config.changed],
    [false, false, { auto_start: false }],
  )
})

test('a made-up nonce and a used one are refused', async () => {
  assert.is((await register(await logIn(stranger)))[0], 403)
  const dialog = await question()
  const forged = `LMNT_CONSENT NONCE=${'f'.repeat(32)} ANSWER=start`
  await fixture.client.call('printer.gcode.script', { script: forged }).catch(() => {})
  await press(fixture.client, dialog, 'Keep owner')
  await press(fixture.client, dialog, 'Change owner').catch(() => {})
  assert.is(identity().user_id, user.user_id)
})

test('the owner registers the printer again without a question', async () => {
  const { printer_id } = identity()
  assert.is((await register(await logIn()))[0], 200)
  assert.is.not(identity().printer_id, printer_id)
  assert.is(dialogOf(fixture.client.console), null)
})

test('a printer that its owner removed at the marketplace can be registered by anyone, and auto_start is off', async () => {
  await fixture.client.agent('set_config', { token: await logIn(), auto_start: true })
  fixture.market.accounts.printers[0]!.tokens = []
  assert.is((await register(await logIn(stranger)))[0], 200)
  assert.is(identity().user_id, stranger.user_id)
  assert.is((await fixture.client.agent('status')).auto_start, false)
})

test('there is no question during a print, and a question ends when the edge stops', async () => {
  const token = await logIn(stranger)
  assert.is((await register(token))[0], 403)
  await question()
  await fixture.restartEdge()
  await noDialog(fixture.client)
  await fixture.market.add(makeGcode(100))
  await eventually('there is a current job', async () => (await fixture.client.agent('status')).job)
  assert.is((await register(token))[0], 409)
  assert.is(identity().user_id, user.user_id)
})

test('`lmnt-edge unregister` on the host needs no token, and then anyone can register the printer', async () => {
  await fixture.client.agent('set_config', { token: await logIn(), auto_start: true })
  const setup = { logLevel: 'silent', printers: [{ name: 'printer', config: fixture.config }] }
  assert.is(statSync(join(fixture.config.dataDir, 'shell.sock')).mode & 0o777, 0o600)
  assert.match(await askEdge(setup, { command: 'unregister' }, undefined), '"Voron" (printer_')
  assert.is((await fixture.client.agent('status')).registered, false)
  assert.is((await fixture.client.agent('config')).auto_start, false)
  assert.equal(fixture.market.accounts.printers[0]?.tokens, [])
  const refused = (printer?: string) =>
    askEdge(setup, { command: 'unregister' }, printer).then(String, (error: Error) => error.message)
  assert.match(await refused(), 'not registered')
  assert.match(await refused('other'), 'Name one of the printers')
  assert.is((await register(await logIn(stranger)))[0], 200)
  await fixture.stopEdge()
  assert.match(await refused(), 'is it running')
  await fixture.startEdge()
})

test.run()
