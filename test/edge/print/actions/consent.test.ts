import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { closeDialog, noDialog, press, questionShown } from '../../../make/edge/dialog.ts'
import { makeGcode } from '../../../make/edge/gcode.ts'
import { makeWorkshop, reported, type Workshop } from '../../../make/edge/set-up.ts'
import { eventually } from '../../../make/eventually.ts'

const test = suite('consent at the printer, before a print from the marketplace begins')

/** A test with a printer that asks before it prints. */
function it(name: string, check: (shop: Workshop) => Promise<void>, options: Parameters<typeof makeWorkshop>[0] = {}) {
  test(name, async () => {
    const shop = await makeWorkshop({ autoStart: false, ...options })
    try {
      await check(shop)
    } finally {
      await shop.close()
    }
  })
}

async function readyFile({ client }: Workshop): Promise<string> {
  return eventually('the job is ready', async () => {
    const { job } = (await client.agent('status')) as { job: { state: string; file: string } | null }
    return job?.state === 'ready' && job.file
  })
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: Error) => reason,
  )
  if (!error) throw new Error('it was not refused')
  return error.message
}

function run({ client }: Workshop, script: string): Promise<unknown> {
  return client.call('printer.gcode.script', { script })
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

it('a dialog that somebody closes by its X is a "Not now"', async shop => {
  await shop.market.add(makeGcode(500))
  const dialog = await questionShown(shop.client)
  await run(shop, closeDialog)
  assert.match(await refusal(press(shop.client, dialog, 'Start')), 'not open')
  assert.is((await shop.client.agent('status')).job !== null, true)
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

it('a print that is begun by hand ends the dialog, and the question comes again when it is over', async shop => {
  const job = await shop.market.add(makeGcode(500))
  const old = await questionShown(shop.client)
  writeFileSync(join(shop.printer.gcodesDir, 'by-hand.gcode'), makeGcode(5000).text)
  await shop.client.call('virtual_printer.set_speed', { lines_per_second: 100 })
  await shop.client.call('printer.print.start', { filename: 'by-hand.gcode' })
  await noDialog(shop.client)
  assert.match(await refusal(press(shop.client, old, 'Start')), 'not open')
  await shop.client.call('printer.print.cancel')
  const again = await questionShown(shop.client)
  await shop.client.call('virtual_printer.set_speed', { lines_per_second: 0 })
  await press(shop.client, again, 'Start')
  assert.is((await reported(shop, job)).status, 'success')
})

it('the job printed by hand from the file list ends the dialog', async shop => {
  const job = await shop.market.add(makeGcode(500))
  const filename = await readyFile(shop)
  await questionShown(shop.client)
  await shop.client.call('printer.print.start', { filename })
  assert.is((await reported(shop, job)).status, 'success')
  await noDialog(shop.client)
})

it('a cancel from the marketplace ends the dialog', async shop => {
  const job = await shop.market.add(makeGcode(500))
  await questionShown(shop.client)
  job.isCancelRequested = true
  assert.is((await reported(shop, job)).stats?.reason, 'cancelled')
  await noDialog(shop.client)
})

it('after a restart of Klipper the old dialog is gone, and the question asked again', async shop => {
  const job = await shop.market.add(makeGcode(500))
  const old = await questionShown(shop.client)
  shop.client.console.length = 0
  await shop.client.call('printer.firmware_restart')
  const dialog = await questionShown(shop.client)
  assert.ok(shop.client.console.indexOf('// action:prompt_end') >= 0)
  assert.match(await refusal(press(shop.client, old, 'Start')), 'not open')
  await press(shop.client, dialog, 'Start')
  assert.is((await reported(shop, job)).status, 'success')
})

it('when the edge ends, so does its dialog; when it is back it asks again', async shop => {
  const job = await shop.market.add(makeGcode(500))
  await questionShown(shop.client)
  await shop.restartEdge()
  await eventually('it was closed', () => shop.client.console.includes('// action:prompt_end'))
  await press(shop.client, await questionShown(shop.client), 'Start')
  assert.is((await reported(shop, job)).status, 'success')
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

it("the question waits while another dialog stands, such as a macro's", async shop => {
  for (const part of ['begin Change the filament', 'show']) {
    await run(shop, `RESPOND TYPE=command MSG="action:prompt_${part}"`)
  }
  const job = await shop.market.add(makeGcode(500))
  await readyFile(shop)
  await eventually('it is asked', async () => question(shop))
  assert.not.ok(shop.client.console.some(line => line.includes('LMNT_CONSENT')))
  await run(shop, closeDialog)
  await press(shop.client, await questionShown(shop.client), 'Start')
  assert.is((await reported(shop, job)).status, 'success')
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

async function question({ client }: Workshop): Promise<unknown> {
  const answer = await client.call('printer.objects.query', { objects: { lmnt_stream: null } })
  return (answer as { status: { lmnt_stream: { question: unknown } } }).status.lmnt_stream.question
}

test.run()
