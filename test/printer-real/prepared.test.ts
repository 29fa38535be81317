import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { closeDialog, noDialog, press, questionShown } from '../make/edge/dialog.ts'
import { eventually } from '../make/eventually.ts'
import {
  klippy,
  latestHistory,
  metadataOf,
  printerSuite,
  reported,
  shortMoves,
  untilState,
} from '../make/printer-real/set-up.ts'

const { test, run } = printerSuite("a prepared purchase in a real printer's file list")

test(
  'a prepared purchase is listed with its figures and pictures before any order, and prints from there',
  async ({ host, market }) => {
    const gcode = shortMoves(300)
    const { purchase_id } = await market.prepare(gcode, { title: 'Prepared' })
    const filename = 'LMNT/Prepared.gcode'
    await eventually('the stub is in the list', async () => {
      const files = (await host.client.call('server.files.list', { root: 'gcodes' })) as { path: string }[]
      return files.some(file => file.path === filename)
    })
    const metadata = await metadataOf(host, filename)
    assert.is(metadata.estimated_time, 4325)
    assert.is((metadata.thumbnails as unknown[]).length, 2)
    assert.equal(market.jobs, [])

    market.rightsLeft = 1
    host.relay.trickle(150)
    await host.client.call('printer.print.start', { filename })
    const job = await eventually('a job', () => market.jobs[0])
    const report = await reported({ market }, job)
    assert.is(report.status, 'success', report.error)
    assert.is(job.claim.purchase_id, purchase_id)
    assert.is((await untilState(host, 'complete')).filename, filename)
    assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
  },
  { autoStart: false },
)

test(
  'a start from the list asks before it uses a right; after "Not now" it ends as cancelled, and nothing moves',
  async ({ host, market }) => {
    Object.assign(market, { rightsLeft: 2, sendsRights: true })
    const gcode = shortMoves(300)
    await market.prepare(gcode, { title: 'Asking' })
    const filename = 'LMNT/Asking.gcode'
    const path = join(host.printer.gcodesDir, filename)
    await eventually('the stub is there', () => existsSync(path))
    const start = () => host.client.call('printer.print.start', { filename })
    await start()
    const dialog = await questionShown(host.client)
    assert.is(dialog.text, 'Print Asking? This uses 1 of your 2 remaining prints. Profile: Fine PLA.')
    await press(host.client, dialog, 'Not now')
    await untilState(host, 'cancelled')
    await noDialog(host.client)
    assert.ok(host.client.console.includes('// LMNT: The print was not started, and no right was used.'))
    assert.is((await latestHistory(host)).status, 'cancelled')
    assert.is((await klippy(host)).lmnt_line_record.lines, 0)

    await start()
    await questionShown(host.client)
    await host.client.call('printer.gcode.script', { script: closeDialog })
    await untilState(host, 'cancelled')
    await start()
    await questionShown(host.client)
    await host.client.call('printer.print.cancel')
    await untilState(host, 'cancelled')
    await noDialog(host.client)
    assert.equal(market.orders, [])

    await start()
    host.relay.trickle(150)
    await press(host.client, await questionShown(host.client), 'Start')
    const job = await eventually('a job', () => market.jobs[0])
    assert.is((await reported({ market }, job)).status, 'success')
    assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)

    market.rightsLeft = 0
    const named = (name: string) => async () => (await metadataOf(host, filename)).filament_name === name
    await eventually('Moonraker shows that none is left', named('no prints left - Generic PLA @0.4 nozzle'))
    market.prepared = []
    await eventually('Moonraker shows that it has expired', named('expired - Generic PLA @0.4 nozzle'))
    assert.is((await latestHistory(host)).exists, true)
  },
  { autoStart: false, asksBeforeUsingRights: true },
)

run()
