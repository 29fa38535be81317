import * as assert from 'uvu/assert'
import { press, questionShown } from '../make/edge/dialog.ts'
import { eventually } from '../make/eventually.ts'
import {
  byteAt,
  metadataOf,
  printerSuite,
  reported,
  shortMoves,
  untilLines,
  untilState,
} from '../make/printer-real/set-up.ts'

const { test, run } = printerSuite(
  'a file that asks on real Klipper before it uses a right',
  {},
  { autoStart: false, asksBeforeUsingRights: true },
)

const filename = 'LMNT/Gear.gcode'

test('a pause pressed during the question ends with it: the next print can be paused', async ({
  shed,
  bench,
  market,
}) => {
  const gcode = shortMoves(20_000)
  market.rightsLeft = 2
  await market.prepare(gcode)
  await eventually('its file is there', () => metadataOf(shed, filename).catch(() => null))
  const script = (line: string) => shed.client.call('printer.gcode.script', { script: line })

  await shed.client.call('printer.print.start', { filename })
  const dialog = await questionShown(shed.client)
  await script('PAUSE')
  await untilState(shed, 'paused')
  await press(shed.client, dialog, 'Not now')
  await untilState(shed, 'cancelled')

  shed.client.console.length = 0
  shed.relay.trickle(2000, byteAt(gcode, 0.9))
  await shed.client.call('printer.print.start', { filename })
  await press(shed.client, await questionShown(shed.client), 'Start')
  await untilLines(shed, 500)
  await script('PAUSE')
  await untilState(shed, 'paused')
  await script('RESUME')
  await untilState(shed, 'printing')
  shed.relay.flow()
  const job = await eventually('the job', () => market.jobs[0])
  assert.is((await reported(bench, job)).status, 'success')
})

run()
