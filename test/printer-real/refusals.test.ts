import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { dialogOf } from '../make/edge/dialog.ts'
import { gcodeOf } from '../make/edge/gcode.ts'
import { eventually } from '../make/eventually.ts'
import {
  environment,
  klippy,
  latestHistory,
  type PrinterHost,
  printerSuite,
  readyFile,
  reported,
  setUpEdge,
  shortMoves,
  startPrinterHost,
  untilState,
} from '../make/printer-real/set-up.ts'

const { test, run } = printerSuite('messages of a real printer that cannot print', {
  streamOptions: ['open_timeout: 2'],
})
const byHand = { autoStart: false }

/** Starts the file with warm heaters; gives the native error that it ends in, by when they have to be cold. */
async function refusal(host: PrinterHost, filename: string): Promise<string> {
  await host.client.call('printer.gcode.script', { script: 'M140 S50\nM104 S190' })
  host.client.console.length = 0
  await host.client.call('printer.print.start', { filename })
  const { message } = await untilState(host, 'error')
  const { heater_bed: bed, extruder } = await klippy(host)
  assert.equal([bed.target, extruder.target], [0, 0], 'the heaters are off')
  const text = message.replace('LMNT: ', '')
  await eventually('a dialog tells it on every screen', () => dialogOf(host.client.console)?.text === text)
  return message
}

test(
  'rights that are used up, and an edge that is not running, are native errors with advice and cold heaters',
  async ({ host, testEdge, market }) => {
    const job = await market.add(shortMoves(300), { title: 'Bowl' })
    const filename = await readyFile(host)
    await host.client.call('printer.print.start', { filename })
    await reported(testEdge, job)
    await untilState(host, 'complete')
    assert.is(await refusal(host, filename), 'LMNT: All prints of this purchase are used up.')
    await testEdge.stopEdge()
    const message = await refusal(host, filename)
    assert.is(message, 'LMNT: the LMNT service is not running: start it, then print the file again')
    // Not of the refusal before: it came at once, and Moonraker's history may miss what is over in a quarter of a second.
    await eventually('the history has it', async () => (await latestHistory(host)).status === 'error')
    assert.is(job.reports.length, 1)
  },
  byHand,
)

test(
  'without the marketplace a file whose job has not arrived says so',
  async ({ host, testEdge, market }) => {
    const job = await market.add(shortMoves(300), { title: 'Offline' })
    const filename = await readyFile(host)
    await host.client.call('printer.print.start', { filename })
    await reported(testEdge, job)
    await untilState(host, 'complete')
    market.isDown = true
    const message = await refusal(host, filename)
    assert.is(
      message,
      "LMNT: The marketplace cannot be reached. Check the printer's network, then print the file again.",
    )
  },
  byHand,
)

test(
  'a job whose sealed G-code has the wrong hash is refused with a message',
  async ({ host, testEdge, market }) => {
    const flip = (sealed: Buffer) => {
      sealed[sealed.length >> 1] = (sealed[sealed.length >> 1] as number) ^ 1
      return sealed
    }
    const job = await market.add(shortMoves(300), { title: 'Bent', alter: flip })
    const filename = await readyFile(host)
    const message = await refusal(host, filename)
    const report = await reported(testEdge, job)
    assert.is(report.stats?.reason, 'gcode_corrupt')
    assert.is(message, `LMNT: ${report.error}`)
  },
  byHand,
)

test(
  'a file is refused while the job of another purchase waits',
  async ({ host, testEdge, market }) => {
    const first = await market.add(shortMoves(300), { title: 'First' })
    const filename = await readyFile(host)
    await host.client.call('printer.print.start', { filename })
    await reported(testEdge, first)
    await market.add(shortMoves(300), { title: 'Second' })
    await readyFile(host)
    assert.match(await refusal(host, filename), 'Print or cancel that one first.')
  },
  byHand,
)

test(
  'a dialog of the last run is closed after a restart, and hostile text reaches no screen as markup',
  async ({ host, testEdge, market }) => {
    const job = await market.add(gcodeOf(['G28', 'NO_SUCH_MACRO']), { title: '<img src=x onerror=alert(1)>|a' })
    const filename = await readyFile(host)
    await refusal(host, filename)
    await reported(testEdge, job)
    // A button's line has its label and its command with a "|" between: there is nothing of the marketplace in it.
    const ours = host.client.console.filter(line => /LMNT|prompt_text/.test(line) && !/_button/.test(line))
    assert.ok(ours.length > 0)
    for (const line of ours) assert.not.match(line, /[<>&|]/)
    host.client.console.length = 0
    await host.client.call('printer.firmware_restart')
    await eventually('the dialog is closed', () => host.client.console.includes('// action:prompt_end'))
  },
  byHand,
)

test('STREAM_GCODE_LINE from the console is refused', async ({ host }) => {
  const error = await host.client.call('printer.gcode.script', { script: 'STREAM_GCODE_LINE JOB=purch_1' }).then(
    () => null,
    (reason: Error) => reason.message,
  )
  assert.match(error ?? '', "start the file from the printer's file list")
})

run()

const bare = suite('a printer without our extra')

;(environment ? bare : bare.skip)('ends the file in an error, not as complete', async () => {
  const host = await startPrinterHost({ isOursInstalled: false })
  try {
    const testEdge = await setUpEdge(host)
    try {
      const job = await testEdge.market.add(shortMoves(100))
      const report = await reported(testEdge, job)
      assert.is(report.status, 'failure')
      assert.match(report.error ?? '', "The value 'lmnt_stream' is not valid for HEATER")
      assert.is((await untilState(host, 'error')).filename, 'LMNT/Gear.gcode')
      assert.match(readFileSync(join(host.printer.gcodesDir, 'LMNT/Gear.gcode'), 'utf8'), 'STREAM_GCODE_LINE')
    } finally {
      await testEdge.close()
    }
  } finally {
    await host.close()
  }
})

bare.run()
