import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { closeDialog, noDialog, press, questionShown, readyFile, refusal, run } from '../../../make/edge/dialog.ts'
import { makeGcode } from '../../../make/edge/gcode.ts'
import { inWorkshop, reported, type Workshop, type WorkshopOptions } from '../../../make/edge/set-up.ts'
import { eventually } from '../../../make/eventually.ts'

const test = suite('consent at the printer, before a print from the marketplace begins')

/** A test with a printer that asks before it prints. */
function it(name: string, check: (shop: Workshop) => Promise<void>, options: WorkshopOptions = {}): void {
  test(name, () => inWorkshop({ autoStart: false, ...options }, check))
}

it('nothing starts by itself; "Start" starts it, and closes the dialog', async shop => {
  const job = await shop.market.add(makeGcode(500), { title: 'Gear' })
  const dialog = await questionShown(shop.client)
  assert.is(dialog.text, 'Print Gear? It was sent from the marketplace. Is the bed clear?')
  assert.equal(Object.keys(dialog.buttons), ['Not now', 'Start'])
  assert.is((await shop.client.printStats()).state, 'standby')
  assert.is(shop.market.opens, 0, 'no key is asked for before somebody consents')
  await press(shop.client, dialog, 'Start')
  assert.is((await reported(shop, job)).status, 'success')
  await noDialog(shop.client)
})

it('"Not now" leaves the job waiting in the file list', async shop => {
  const job = await shop.market.add(makeGcode(500))
  const filename = await readyFile(shop)
  await press(shop.client, await questionShown(shop.client), 'Not now')
  await noDialog(shop.client)
  assert.is((await shop.client.printStats()).state, 'standby')
  await shop.client.call('printer.print.start', { filename })
  assert.is((await reported(shop, job)).status, 'success')
})

it('after "Not now" start_job starts it', async shop => {
  const job = await shop.market.add(makeGcode(500))
  await press(shop.client, await questionShown(shop.client), 'Not now')
  await shop.client.agent('start_job')
  assert.is((await reported(shop, job)).status, 'success')
})

it('a start_job that waits for its key is void once something else was printed: somebody is asked again', async shop => {
  shop.market.areKeysAway = true
  const job = await shop.market.add(makeGcode(500))
  await questionShown(shop.client)
  await shop.client.agent('start_job')
  await noDialog(shop.client)
  writeFileSync(join(shop.printer.gcodesDir, 'by-hand.gcode'), makeGcode(100).text)
  await shop.client.call('virtual_printer.set_speed', { lines_per_second: 100 })
  await shop.client.call('printer.print.start', { filename: 'by-hand.gcode' })
  await eventually('it is printed', async () => (await shop.client.printStats()).state === 'complete')
  await shop.client.call('virtual_printer.set_speed', { lines_per_second: 0 })
  shop.market.areKeysAway = false
  const dialog = await questionShown(shop.client)
  assert.is((await shop.client.printStats()).filename, 'by-hand.gcode')
  await press(shop.client, dialog, 'Start')
  assert.is((await reported(shop, job)).status, 'success')
})

it('says with which profile it was sliced, and how many prints are left after it', async shop => {
  Object.assign(shop.market, { rightsLeft: 1, isTellingRights: true })
  await shop.market.add(makeGcode(500))
  const dialog = await questionShown(shop.client)
  assert.match(dialog.text, 'Profile: Fine PLA. 1 more print is left after it.')
  assert.is(dialog.title, 'LMNT Marketplace')
  assert.equal(dialog.colours, { 'Not now': 'default', Start: 'primary' })
})

async function display({ client }: Workshop): Promise<string | null> {
  const answer = await client.call('printer.objects.query', { objects: { display_status: null } })
  return (answer as { status: { display_status: { message: string | null } } }).status.display_status.message
}

for (const [how, close] of [
  ['"Not now"', async (shop: Workshop) => press(shop.client, await questionShown(shop.client), 'Not now')],
  ['the X', (shop: Workshop) => run(shop, closeDialog)],
] as const) {
  it(`after ${how} the console and the display say where it waits, until it is printed`, async shop => {
    const job = await shop.market.add(makeGcode(500))
    await questionShown(shop.client)
    await close(shop)
    const words = 'Gear waits in the file list: LMNT/Gear.gcode'
    await eventually('it is said', () => shop.client.console.includes(`// LMNT: ${words}`))
    assert.ok(shop.client.console.includes('// LMNT: Print Gear? Not now'))
    assert.is(await display(shop), words)
    await shop.client.call('printer.print.start', { filename: 'LMNT/Gear.gcode' })
    assert.is((await reported(shop, job)).status, 'success')
    assert.is(await display(shop), null)
  })
}

it('the display says no more where it waits when it was cancelled', async shop => {
  const job = await shop.market.add(makeGcode(500))
  await press(shop.client, await questionShown(shop.client), 'Not now')
  await eventually('it is said', async () => (await display(shop)) !== null)
  await shop.client.agent('cancel_job')
  await reported(shop, job)
  await eventually('it is not', async () => (await display(shop)) === null)
})

it('a wrong nonce, and one that was used, are refused', async shop => {
  await shop.market.add(makeGcode(500))
  const dialog = await questionShown(shop.client)
  assert.match(await refusal(run(shop, `LMNT_CONSENT NONCE=${'0'.repeat(32)} ANSWER=start`)), 'not open')
  assert.match(await refusal(run(shop, 'LMNT_CONSENT ANSWER=start')), 'not open')
  assert.match(await refusal(run(shop, dialog.buttons.Start!.replace('start', 'perhaps'))), 'ANSWER')
  assert.is((await shop.client.printStats()).state, 'standby')
  await press(shop.client, dialog, 'Not now')
  assert.match(await refusal(press(shop.client, dialog, 'Start')), 'not open')
})

it('a consent does not outlive an emergency stop', async shop => {
  shop.market.areKeysAway = true
  await shop.market.add(makeGcode(500))
  await press(shop.client, await questionShown(shop.client), 'Start')
  await noDialog(shop.client)
  await shop.client.call('printer.emergency_stop')
  shop.market.areKeysAway = false
  await shop.client.call('printer.firmware_restart')
  await questionShown(shop.client)
  assert.is((await shop.client.printStats()).state, 'standby')
})

it('a hostile title reaches the dialog as plain text', async shop => {
  const title = '<img src=x onerror=alert(1)>|Start|M112 &lt;b&gt;\n// action:prompt_end\u202e'
  await shop.market.add(makeGcode(500), { title })
  const dialog = await questionShown(shop.client)
  assert.match(dialog.text, 'Print img src=x onerror=alert(1)StartM112 lt;bgt; // action:prompt_end?')
  assert.equal(Object.keys(dialog.buttons), ['Not now', 'Start'])
})

it(
  'a printer without our extra says why nobody is asked, and asks nobody',
  async shop => {
    await shop.market.add(makeGcode(500))
    const problem = await eventually('the problem', async () => {
      const { job } = (await shop.client.agent('status')) as { job: { problem: string | null } | null }
      return job?.problem
    })
    assert.match(problem, 'lmnt_stream')
    assert.is((await shop.client.printStats()).state, 'standby')
  },
  { printer: { isExtraInstalled: false } },
)

it(
  'with auto_start on, nobody is asked',
  async shop => {
    const job = await shop.market.add(makeGcode(500))
    assert.is((await reported(shop, job)).status, 'success')
    assert.not.ok(shop.client.console.some(line => line.includes('LMNT_CONSENT')))
  },
  { autoStart: true },
)

test.run()
