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
  openShed,
  printerSuite,
  readyFile,
  reported,
  type Shed,
  setUpBench,
  shortMoves,
  untilState,
} from '../make/printer-real/set-up.ts'

const { test, run } = printerSuite('what a real printer says when it cannot print', {
  streamOptions: ['open_timeout: 2'],
})
const byHand = { autoStart: false }

/** Starts the file with warm heaters; gives the native error that it ends in, by when they have to be cold. */
async function refusal(shed: Shed, filename: string): Promise<string> {
  await shed.client.call('printer.gcode.script', { script: 'M140 S50\nM104 S190' })
  shed.client.console.length = 0
  await shed.client.call('printer.print.start', { filename })
  const { message } = await untilState(shed, 'error')
  const { heater_bed: bed, extruder } = await klippy(shed)
  assert.equal([bed.target, extruder.target], [0, 0], 'the heaters are off')
  const text = message.replace('LMNT: ', '')
  await eventually('a dialog tells it on every screen', () => dialogOf(shed.client.console)?.text === text)
  return message
}

test(
  'rights that are used up, and an edge that is not running, are native errors with advice and cold heaters',
  async ({ shed, bench, market }) => {
    const job = await market.add(shortMoves(300), { title: 'Bowl' })
    const filename = await readyFile(shed)
    await shed.client.call('printer.print.start', { filename })
    await reported(bench, job)
    await untilState(shed, 'complete')
    assert.is(await refusal(shed, filename), 'LMNT: All prints of this purchase are used up.')
    await bench.stopEdge()
    const message = await refusal(shed, filename)
    assert.is(message, 'LMNT: the LMNT service is not running: start it, then print the file again')
    // Not of the refusal before: it came at once, and Moonraker's history may miss what is over in a quarter of a second.
    await eventually('the history has it', async () => (await latestHistory(shed)).status === 'error')
    assert.is(job.reports.length, 1)
  },
  byHand,
)

test(
  'with the marketplace away a file whose job is not here yet says so',
  async ({ shed, bench, market }) => {
    const job = await market.add(shortMoves(300), { title: 'Offline' })
    const filename = await readyFile(shed)
    await shed.client.call('printer.print.start', { filename })
    await reported(bench, job)
    await untilState(shed, 'complete')
    market.isDown = true
    const message = await refusal(shed, filename)
    assert.is(
      message,
      "LMNT: The marketplace cannot be reached. Check the printer's network, then print the file again.",
    )
  },
  byHand,
)

test(
  'a job whose sealed G-code is not what was announced is refused, with a word',
  async ({ shed, bench, market }) => {
    const flip = (sealed: Buffer) => {
      sealed[sealed.length >> 1] = (sealed[sealed.length >> 1] as number) ^ 1
      return sealed
    }
    const job = await market.add(shortMoves(300), { title: 'Bent', alter: flip })
    const filename = await readyFile(shed)
    const message = await refusal(shed, filename)
    const report = await reported(bench, job)
    assert.is(report.stats?.reason, 'gcode_corrupt')
    assert.is(message, `LMNT: ${report.error}`)
  },
  byHand,
)

test(
  'another purchase that waits for this printer has to be printed or cancelled first',
  async ({ shed, bench, market }) => {
    const first = await market.add(shortMoves(300), { title: 'First' })
    const filename = await readyFile(shed)
    await shed.client.call('printer.print.start', { filename })
    await reported(bench, first)
    await market.add(shortMoves(300), { title: 'Second' })
    await readyFile(shed)
    assert.match(await refusal(shed, filename), 'Print or cancel that one first.')
  },
  byHand,
)

test(
  'a dialog of the last run is gone after a restart, and hostile words reach no screen as markup',
  async ({ shed, bench, market }) => {
    const job = await market.add(gcodeOf(['G28', 'NO_SUCH_MACRO']), { title: '<img src=x onerror=alert(1)>|a' })
    const filename = await readyFile(shed)
    await refusal(shed, filename)
    await reported(bench, job)
    // A button's line has its label and its command with a "|" between: there is nothing of the marketplace in it.
    const ours = shed.client.console.filter(line => /LMNT|prompt_text/.test(line) && !/_button/.test(line))
    assert.ok(ours.length > 0)
    for (const line of ours) assert.not.match(line, /[<>&|]/)
    shed.client.console.length = 0
    await shed.client.call('printer.firmware_restart')
    await eventually('it is closed', () => shed.client.console.includes('// action:prompt_end'))
  },
  byHand,
)

test('STREAM_GCODE_LINE from the console is refused', async ({ shed }) => {
  const error = await shed.client.call('printer.gcode.script', { script: 'STREAM_GCODE_LINE JOB=purch_1' }).then(
    () => null,
    (reason: Error) => reason.message,
  )
  assert.match(error ?? '', "start the file from the printer's file list")
})

run()

const bare = suite('a printer without our extra')

;(environment ? bare : bare.skip)('ends the file in an error, not as complete', async () => {
  const shed = await openShed({ isOursInstalled: false })
  try {
    const bench = await setUpBench(shed)
    try {
      const job = await bench.market.add(shortMoves(100))
      const report = await reported(bench, job)
      assert.is(report.status, 'failure')
      assert.match(report.error ?? '', "The value 'lmnt_stream' is not valid for HEATER")
      assert.is((await untilState(shed, 'error')).filename, 'LMNT/Gear.gcode')
      assert.match(readFileSync(join(shed.printer.gcodesDir, 'LMNT/Gear.gcode'), 'utf8'), 'STREAM_GCODE_LINE')
    } finally {
      await bench.close()
    }
  } finally {
    await shed.close()
  }
})

bare.run()
