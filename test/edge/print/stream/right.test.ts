import { readFileSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { closeDialog, dialogOf, noDialog, press, questionShown } from '../../../make/edge/dialog.ts'
import { user } from '../../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../../make/edge/gcode.ts'
import { makeWorkshop, reported, type Workshop, type WorkshopOptions } from '../../../make/edge/set-up.ts'
import { eventually } from '../../../make/eventually.ts'

const test = suite('a file that is started with no job waiting for it')
const filename = 'LMNT/Gear.gcode'
const gcode = makeGcode(500)

/** A printer with a file in its list that has no job, and two rights. */
function it(name: string, check: (shop: Workshop) => Promise<void>, options: WorkshopOptions = {}): void {
  test(name, async () => {
    const shop = await makeWorkshop({ autoStart: false, asksBeforeUsingRights: true, ...options })
    try {
      Object.assign(shop.market, { rightsLeft: 2, isTellingRights: true })
      await shop.market.prepare(gcode)
      await eventually('its file is there', () => metadata(shop))
      await check(shop)
    } finally {
      await shop.close()
    }
  })
}

function metadata({ client }: Workshop): Promise<Record<string, unknown> | null> {
  const answer = client.call('server.files.metadata', { filename }) as Promise<Record<string, unknown>>
  return answer.catch(() => null)
}

/** By a form of another website, as well as by hand. */
function start({ printer }: Workshop): Promise<Response> {
  return fetch(`${printer.url}/printer/print/start`, {
    method: 'POST',
    headers: { origin: 'https://attacker.test' },
    body: new URLSearchParams({ filename }),
  })
}

const isWaitingForAnswer = ({ client }: Workshop) => client.console.some(line => line.includes('Waiting for an answer'))

const isState = (shop: Workshop, state: string) =>
  eventually(`it is ${state}`, async () => (await shop.client.printStats()).state === state)

it('asks on every screen before it uses a right, and prints when somebody says so', async shop => {
  assert.is((await start(shop)).status, 200)
  const dialog = await questionShown(shop.client)
  assert.is(dialog.title, 'LMNT Marketplace')
  assert.is(dialog.text, 'Print Gear? This uses 1 of your 2 remaining prints. Profile: Fine PLA.')
  assert.equal(shop.market.orders, [])
  assert.is((await shop.client.printStats()).state, 'printing')
  await eventually('the print says what it waits for', () => isWaitingForAnswer(shop))
  await press(shop.client, dialog, 'Start')
  const job = await eventually('the job', () => shop.market.jobs[0])
  assert.is((await reported(shop, job)).status, 'success')
  assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
  assert.is(shop.market.rightsLeft, 1)
  await noDialog(shop.client)
})

for (const [how, decline] of [
  ['"Not now"', async (shop: Workshop) => press(shop.client, await questionShown(shop.client), 'Not now')],
  ['the X', (shop: Workshop) => shop.client.call('printer.gcode.script', { script: closeDialog })],
  ['a cancel', (shop: Workshop) => shop.client.call('printer.print.cancel')],
] as const) {
  it(`uses none after ${how}, and ends as one that was cancelled`, async shop => {
    await start(shop)
    await questionShown(shop.client)
    await decline(shop)
    await isState(shop, 'cancelled')
    await noDialog(shop.client)
    assert.equal([shop.market.orders, shop.market.rightsLeft], [[], 2])
    // And again.
    await start(shop)
    await press(shop.client, await questionShown(shop.client), 'Start')
    assert.is((await reported(shop, await eventually('the job', () => shop.market.jobs[0]))).status, 'success')
  })
}

it('knows only its own nonce, and not one that a website has chosen', async shop => {
  await start(shop)
  await questionShown(shop.client)
  const nonce = 'a'.repeat(32)
  const body = new URLSearchParams({ nonce, 'lines:json': '["Mine?"]' })
  await fetch(`${shop.printer.url}/printer/lmnt_stream/ask`, { method: 'POST', body })
  const script = new URLSearchParams({ script: `LMNT_CONSENT NONCE=${nonce} ANSWER=start` })
  await fetch(`${shop.printer.url}/printer/gcode/script`, { method: 'POST', body: script })
  await press(shop.client, await questionShown(shop.client), 'Not now')
  await isState(shop, 'cancelled')
  assert.equal(shop.market.orders, [])
})

it('does not ask for what the app has ordered, before or meanwhile', async shop => {
  await start(shop)
  await questionShown(shop.client)
  const job = await shop.market.add(gcode, { purchaseId: shop.market.prepared[0]!.purchase_id })
  assert.is((await reported(shop, job)).status, 'success')
  await noDialog(shop.client)
  const next = await shop.market.add(gcode, { purchaseId: shop.market.prepared[0]!.purchase_id })
  await questionShown(shop.client)
  await start(shop)
  assert.is((await reported(shop, next)).status, 'success')
  assert.equal(shop.market.orders, [])
})

it('says without a question that no right is left, and the file looks it and keeps its time', async shop => {
  const path = join(shop.printer.gcodesDir, filename)
  utimesSync(path, 1e9, 1e9)
  const plain = readFileSync(path, 'utf8')
  shop.market.rightsLeft = 0
  const name = () => /^; filament_settings_id = "(.*)"$/m.exec(readFileSync(path, 'utf8'))?.[1]
  await eventually('it says so', () => name() === 'no prints left - Generic PLA @0.4 nozzle')
  assert.is(statSync(path).mtimeMs, 1e12)
  await start(shop)
  await isState(shop, 'error')
  assert.match((await shop.client.printStats()).message, 'used up')
  assert.is(dialogOf(shop.client.console), null)
  assert.not.ok(isWaitingForAnswer(shop))
  shop.market.rightsLeft = 1
  await eventually('it is as it was', () => readFileSync(path, 'utf8') === plain)
  shop.market.prepared = []
  await eventually('it has expired', () => name() === 'expired - Generic PLA @0.4 nozzle')
  assert.is(statSync(path).mtimeMs, 1e12)
})

it('asks nobody when its owner has set so, until they set it back', async shop => {
  const { token } = await shop.client.agent('login_user', { email: user.email, password: user.password })
  const answer = await shop.client.agent('set_config', { token, ask_before_using_rights: false })
  assert.equal([answer.ask_before_using_rights, answer.auto_start], [false, false])
  await start(shop)
  assert.is((await reported(shop, await eventually('the job', () => shop.market.jobs[0]))).status, 'success')
  assert.is(
    (await shop.client.agent('set_config', { token, ask_before_using_rights: null })).ask_before_using_rights,
    true,
  )
})

it('asks again after a restart of the edge', async shop => {
  await start(shop)
  await questionShown(shop.client)
  await shop.restartEdge()
  await eventually('the first was closed', () => shop.client.console.includes('// action:prompt_end'))
  await press(shop.client, await questionShown(shop.client), 'Start')
  assert.is((await reported(shop, await eventually('the job', () => shop.market.jobs[0]))).status, 'success')
})

it('asks again when the answer to an order was lost: somebody agreed to that print, and not to this one', async shop => {
  // No answer comes, and the job that it would name never comes either: the order stays open on the disk.
  shop.market.afterOrder = async () => {
    for (const job of shop.market.jobs) job.status = 'expired'
    return false
  }
  await start(shop)
  await press(shop.client, await questionShown(shop.client), 'Start')
  await isState(shop, 'error')
  const orders = shop.market.orders.length
  await shop.restartEdge()
  await start(shop)
  const dialog = await questionShown(shop.client)
  assert.is(shop.market.orders.length, orders)
  await press(shop.client, dialog, 'Not now')
  await isState(shop, 'cancelled')
  assert.is(shop.market.orders.length, orders)
})

test.run()
