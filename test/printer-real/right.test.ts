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

test('a pause pressed during the question ends with the question: the next print can be paused', async ({
  host,
  testEdge,
  market,
}) => {
  const gcode = shortMoves(20_000)
  market.rightsLeft = 2
  await market.prepare(gcode)
  await eventually('the stub is there', () => metadataOf(host, filename).catch(() => null))
  const script = (line: string) => host.client.call('printer.gcode.script', { script: line })

  await host.client.call('printer.print.start', { filename })
  const dialog = await questionShown(host.client)
  await script('PAUSE')
  await untilState(host, 'paused')
  await press(host.client, dialog, 'Not now')
  await untilState(host, 'cancelled')

  host.client.console.length = 0
  host.relay.trickle(2000, byteAt(gcode, 0.9))
  await host.client.call('printer.print.start', { filename })
  await press(host.client, await questionShown(host.client), 'Start')
  await untilLines(host, 500)
  await script('PAUSE')
  await untilState(host, 'paused')
  await script('RESUME')
  await untilState(host, 'printing')
  host.relay.flow()
  const job = await eventually('the job', () => market.jobs[0])
  assert.is((await reported(testEdge, job)).status, 'success')
})

run()
