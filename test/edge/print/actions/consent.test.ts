import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { closeDialog, noDialog, press, questionShown, readyFile, refusal, run } from '../../../make/edge/dialog.ts'
import { makeGcode } from '../../../make/edge/gcode.ts'
import { type EdgeFixture, type EdgeFixtureOptions, reported, withEdge } from '../../../make/edge/set-up.ts'
import { eventually } from '../../../make/eventually.ts'

const test = suite('consent at the printer, before a print from the marketplace begins')

/** A test with a printer that asks before it prints. */
function it(name: string, check: (fixture: EdgeFixture) => Promise<void>, options: EdgeFixtureOptions = {}): void {
  test(name, () => withEdge({ autoStart: false, ...options }, check))
}

it('no print starts by itself; "Start" starts it, and closes the dialog', async fixture => {
  const job = await fixture.market.add(makeGcode(500), { title: 'Gear' })
  const dialog = await questionShown(fixture.client)
  assert.is(dialog.text, 'Print Gear? The marketplace sent this print. Is the bed clear?')
  assert.equal(Object.keys(dialog.buttons), ['Not now', 'Start'])
  assert.is((await fixture.client.printStats()).state, 'standby')
  assert.is(fixture.market.opens, 0, 'no key is asked for before somebody consents')
  await press(fixture.client, dialog, 'Start')
  assert.is((await reported(fixture, job)).status, 'success')
  await noDialog(fixture.client)
})

it('"Not now" leaves the job waiting in the file list', async fixture => {
  const job = await fixture.market.add(makeGcode(500))
  const filename = await readyFile(fixture)
  await press(fixture.client, await questionShown(fixture.client), 'Not now')
  await noDialog(fixture.client)
  assert.is((await fixture.client.printStats()).state, 'standby')
  await fixture.client.call('printer.print.start', { filename })
  assert.is((await reported(fixture, job)).status, 'success')
})

it('after "Not now" start_job starts the print', async fixture => {
  const job = await fixture.market.add(makeGcode(500))
  await press(fixture.client, await questionShown(fixture.client), 'Not now')
  await fixture.client.agent('start_job')
  assert.is((await reported(fixture, job)).status, 'success')
})

it('a start_job that waits for its key is void after another print: the question is asked again', async fixture => {
  fixture.market.isCwsDown = true
  const job = await fixture.market.add(makeGcode(500))
  await questionShown(fixture.client)
  await fixture.client.agent('start_job')
  await noDialog(fixture.client)
  writeFileSync(join(fixture.printer.gcodesDir, 'by-hand.gcode'), makeGcode(100).text)
  await fixture.client.call('virtual_printer.set_speed', { lines_per_second: 100 })
  await fixture.client.call('printer.print.start', { filename: 'by-hand.gcode' })
  await eventually('the job is printed', async () => (await fixture.client.printStats()).state === 'complete')
  await fixture.client.call('virtual_printer.set_speed', { lines_per_second: 0 })
  fixture.market.isCwsDown = false
  const dialog = await questionShown(fixture.client)
  assert.is((await fixture.client.printStats()).filename, 'by-hand.gcode')
  await press(fixture.client, dialog, 'Start')
  assert.is((await reported(fixture, job)).status, 'success')
})

it('the dialog names the profile and the number of remaining prints', async fixture => {
  Object.assign(fixture.market, { rightsLeft: 1, sendsRights: true })
  await fixture.market.add(makeGcode(500))
  const dialog = await questionShown(fixture.client)
  assert.match(dialog.text, 'Profile: Fine PLA. 1 more print remains after this one.')
  assert.is(dialog.title, 'LMNT Marketplace')
  assert.equal(dialog.colours, { 'Not now': 'secondary', Start: 'primary' })
})

async function display({ client }: EdgeFixture): Promise<string | null> {
  const answer = await client.call('printer.objects.query', { objects: { display_status: null } })
  return (answer as { status: { display_status: { message: string | null } } }).status.display_status.message
}

for (const [how, close] of [
  ['"Not now"', async (fixture: EdgeFixture) => press(fixture.client, await questionShown(fixture.client), 'Not now')],
  ['the X', (fixture: EdgeFixture) => run(fixture, closeDialog)],
] as const) {
  it(`after ${how} the console and the display say where the job waits, until it is printed`, async fixture => {
    const job = await fixture.market.add(makeGcode(500))
    await questionShown(fixture.client)
    await close(fixture)
    const words = 'Gear waits in the file list: LMNT/Gear.gcode'
    await eventually('the console line appears', () => fixture.client.console.includes(`// LMNT: ${words}`))
    assert.ok(fixture.client.console.includes('// LMNT: Print Gear? Not now'))
    assert.is(await display(fixture), words)
    await fixture.client.call('printer.print.start', { filename: 'LMNT/Gear.gcode' })
    assert.is((await reported(fixture, job)).status, 'success')
    assert.is(await display(fixture), null)
  })
}

it('the display message goes when the job is cancelled', async fixture => {
  const job = await fixture.market.add(makeGcode(500))
  await press(fixture.client, await questionShown(fixture.client), 'Not now')
  await eventually('the console line appears', async () => (await display(fixture)) !== null)
  await fixture.client.agent('cancel_job')
  await reported(fixture, job)
  await eventually('the message is gone', async () => (await display(fixture)) === null)
})

it('a wrong nonce and a used one are refused', async fixture => {
  await fixture.market.add(makeGcode(500))
  const dialog = await questionShown(fixture.client)
  assert.match(await refusal(run(fixture, `LMNT_CONSENT NONCE=${'0'.repeat(32)} ANSWER=start`)), 'not open')
  assert.match(await refusal(run(fixture, 'LMNT_CONSENT ANSWER=start')), 'not open')
  assert.match(await refusal(run(fixture, dialog.buttons.Start!.replace('start', 'perhaps'))), 'ANSWER')
  assert.is((await fixture.client.printStats()).state, 'standby')
  await press(fixture.client, dialog, 'Not now')
  assert.match(await refusal(press(fixture.client, dialog, 'Start')), 'not open')
})

it('an emergency stop ends a consent', async fixture => {
  fixture.market.isCwsDown = true
  await fixture.market.add(makeGcode(500))
  await press(fixture.client, await questionShown(fixture.client), 'Start')
  await noDialog(fixture.client)
  await fixture.client.call('printer.emergency_stop')
  fixture.market.isCwsDown = false
  await fixture.client.call('printer.firmware_restart')
  await questionShown(fixture.client)
  assert.is((await fixture.client.printStats()).state, 'standby')
})

it('a hostile title reaches the dialog as plain text', async fixture => {
  const title = '<img src=x onerror=alert(1)>|Start|M112 &lt;b&gt;\n// action:prompt_end\u202e'
  await fixture.market.add(makeGcode(500), { title })
  const dialog = await questionShown(fixture.client)
  assert.match(dialog.text, 'Print img src=x onerror=alert(1)StartM112 lt;bgt; // action:prompt_end?')
  assert.equal(Object.keys(dialog.buttons), ['Not now', 'Start'])
})

it(
  'without our extra there is no question, and status says why',
  async fixture => {
    await fixture.market.add(makeGcode(500))
    const problem = await eventually('the problem', async () => {
      const { job } = (await fixture.client.agent('status')) as { job: { problem: string | null } | null }
      return job?.problem
    })
    assert.match(problem, 'lmnt_stream')
    assert.is((await fixture.client.printStats()).state, 'standby')
  },
  { printer: { isExtraInstalled: false } },
)

it(
  'with auto_start on, nobody is asked',
  async fixture => {
    const job = await fixture.market.add(makeGcode(500))
    assert.is((await reported(fixture, job)).status, 'success')
    assert.not.ok(fixture.client.console.some(line => line.includes('LMNT_CONSENT')))
  },
  { autoStart: true },
)

test.run()
