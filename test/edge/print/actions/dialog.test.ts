import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { closeDialog, noDialog, press, questionShown, readyFile, refusal, run } from '../../../make/edge/dialog.ts'
import { makeGcode } from '../../../make/edge/gcode.ts'
import { inWorkshop, reported, type Workshop } from '../../../make/edge/set-up.ts'
import { eventually } from '../../../make/eventually.ts'

const test = suite('the dialog that asks for consent: when it opens, and what closes it')

/** A test with a printer that asks before it prints. */
function it(name: string, check: (shop: Workshop) => Promise<void>): void {
  test(name, () => inWorkshop({ autoStart: false }, check))
}

it('a dialog that somebody closes by its X is a "Not now"', async shop => {
  await shop.market.add(makeGcode(500))
  const dialog = await questionShown(shop.client)
  await run(shop, closeDialog)
  assert.match(await refusal(press(shop.client, dialog, 'Start')), 'not open')
  assert.is((await shop.client.agent('status')).job !== null, true)
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

async function question({ client }: Workshop): Promise<unknown> {
  const answer = await client.call('printer.objects.query', { objects: { lmnt_stream: null } })
  return (answer as { status: { lmnt_stream: { question: unknown } } }).status.lmnt_stream.question
}

test.run()
