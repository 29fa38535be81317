import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { closeDialog, noDialog, press, questionShown, readyFile, refusal, run } from '../../../make/edge/dialog.ts'
import { makeGcode } from '../../../make/edge/gcode.ts'
import { type EdgeFixture, reported, withEdge } from '../../../make/edge/set-up.ts'
import { eventually } from '../../../make/eventually.ts'

const test = suite('the dialog that asks for consent: when it opens, and what closes it')

/** A test with a printer that asks before it prints. */
function it(name: string, check: (fixture: EdgeFixture) => Promise<void>): void {
  test(name, () => withEdge({ autoStart: false }, check))
}

it('a dialog that somebody closes by its X is a "Not now"', async fixture => {
  await fixture.market.add(makeGcode(500))
  const dialog = await questionShown(fixture.client)
  await run(fixture, closeDialog)
  assert.match(await refusal(press(fixture.client, dialog, 'Start')), 'not open')
  assert.is((await fixture.client.agent('status')).job !== null, true)
})

it('a print by hand closes the dialog, and the question is asked again after it', async fixture => {
  const job = await fixture.market.add(makeGcode(500))
  const old = await questionShown(fixture.client)
  writeFileSync(join(fixture.printer.gcodesDir, 'by-hand.gcode'), makeGcode(5000).text)
  await fixture.client.call('virtual_printer.set_speed', { lines_per_second: 100 })
  await fixture.client.call('printer.print.start', { filename: 'by-hand.gcode' })
  await noDialog(fixture.client)
  assert.match(await refusal(press(fixture.client, old, 'Start')), 'not open')
  await fixture.client.call('printer.print.cancel')
  const again = await questionShown(fixture.client)
  await fixture.client.call('virtual_printer.set_speed', { lines_per_second: 0 })
  await press(fixture.client, again, 'Start')
  assert.is((await reported(fixture, job)).status, 'success')
})

it('a print of the job from the file list closes the dialog', async fixture => {
  const job = await fixture.market.add(makeGcode(500))
  const filename = await readyFile(fixture)
  await questionShown(fixture.client)
  await fixture.client.call('printer.print.start', { filename })
  assert.is((await reported(fixture, job)).status, 'success')
  await noDialog(fixture.client)
})

it('a cancel from the marketplace closes the dialog', async fixture => {
  const job = await fixture.market.add(makeGcode(500))
  await questionShown(fixture.client)
  job.isCancelRequested = true
  assert.is((await reported(fixture, job)).stats?.reason, 'cancelled')
  await noDialog(fixture.client)
})

it('after a restart of Klipper the old dialog is gone, and the question asked again', async fixture => {
  const job = await fixture.market.add(makeGcode(500))
  const old = await questionShown(fixture.client)
  fixture.client.console.length = 0
  await fixture.client.call('printer.firmware_restart')
  const dialog = await questionShown(fixture.client)
  assert.ok(fixture.client.console.indexOf('// action:prompt_end') >= 0)
  assert.match(await refusal(press(fixture.client, old, 'Start')), 'not open')
  await press(fixture.client, dialog, 'Start')
  assert.is((await reported(fixture, job)).status, 'success')
})

it('the dialog closes when the edge stops, and opens again when the edge is back', async fixture => {
  const job = await fixture.market.add(makeGcode(500))
  await questionShown(fixture.client)
  await fixture.restartEdge()
  await eventually('the dialog is closed', () => fixture.client.console.includes('// action:prompt_end'))
  await press(fixture.client, await questionShown(fixture.client), 'Start')
  assert.is((await reported(fixture, job)).status, 'success')
})

it("the question waits while another dialog is open, such as a macro's", async fixture => {
  for (const part of ['begin Change the filament', 'show']) {
    await run(fixture, `RESPOND TYPE=command MSG="action:prompt_${part}"`)
  }
  const job = await fixture.market.add(makeGcode(500))
  await readyFile(fixture)
  await eventually('the question is asked', async () => question(fixture))
  assert.not.ok(fixture.client.console.some(line => line.includes('LMNT_CONSENT')))
  await run(fixture, closeDialog)
  await press(fixture.client, await questionShown(fixture.client), 'Start')
  assert.is((await reported(fixture, job)).status, 'success')
})

async function question({ client }: EdgeFixture): Promise<unknown> {
  const answer = await client.call('printer.objects.query', { objects: { lmnt_stream: null } })
  return (answer as { status: { lmnt_stream: { question: unknown } } }).status.lmnt_stream.question
}

test.run()
