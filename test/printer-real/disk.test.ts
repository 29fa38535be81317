import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { MadeGcode } from '../make/edge/gcode.ts'
import { seededRandom } from '../make/market.ts'
import {
  byteAt,
  klippy,
  type PrinterHost,
  printerSuite,
  reported,
  shortMoves,
  untilHeld,
  untilState,
} from '../make/printer-real/set-up.ts'

const { test, run } = printerSuite('the same print from the disk and from the marketplace', {
  streamOptions: ['pause_after: 0.2'],
})

/** Another one each time; the one that is printed with a failure brings it back. */
const seed = process.env.LMNT_TEST_SEED ?? String(Date.now())
const random = seededRandom(seed)
console.log(`LMNT_TEST_SEED=${seed}`)

function places(gcode: MadeGcode, count: number): number[] {
  return Array.from({ length: count }, () => byteAt(gcode, random(4).readUInt32BE() / 2 ** 32))
}

/** What Klippy runs when its own virtual_sdcard prints that G-code from a plain file. */
async function fromDisk(host: PrinterHost, gcode: MadeGcode) {
  writeFileSync(join(host.printer.gcodesDir, 'plain.gcode'), gcode.text)
  await host.client.call('printer.print.start', { filename: 'plain.gcode' })
  await untilState(host, 'complete')
  return (await klippy(host)).lmnt_line_record
}

/** More than moves: macros, comments, empty lines, quotes, bytes of more than one each. */
const motley = ['', '  ; umlauts äöü €', 'M117 12 µm', 'SET_VELOCITY_LIMIT ACCEL=2900', 'G4 P1', 'G92 E0', 'M106 S127']

test('Klippy runs the same commands as for a print from the disk, in the same order', async ({
  host,
  testEdge,
  market,
}) => {
  const gcode = shortMoves(2000, motley)
  const wanted = await fromDisk(host, gcode)
  assert.is(wanted.lines, gcode.lines)
  await market.add(gcode)
  assert.is((await reported(testEdge)).status, 'success')
  assert.equal((await klippy(host)).lmnt_line_record, wanted)
})

test('Klippy runs the same commands when the connection is cut again and again at random places', async ({
  host,
  testEdge,
  market,
}) => {
  const gcode = shortMoves(4000, motley)
  const wanted = await fromDisk(host, gcode)
  host.relay.cutAt(places(gcode, 60))
  await market.add(gcode)
  assert.is((await reported(testEdge)).status, 'success')
  assert.is(host.relay.cutsLeft(), 0)
  assert.equal((await klippy(host)).lmnt_line_record, wanted, seed)
})

test('Klippy runs the same commands when the print is paused, starved and cut', async ({ host, testEdge, market }) => {
  const gcode = shortMoves(2000, motley)
  const wanted = await fromDisk(host, gcode)
  host.relay.cutAt(places(gcode, 5))
  const stops = places(gcode, 4).sort((a, b) => a - b)
  host.relay.holdAt(stops[0] ?? 0)
  await market.add(gcode)
  for (const [index, byte] of stops.entries()) {
    await untilHeld(host, byte)
    if (index % 2 === 0) {
      await host.client.call('printer.print.pause')
      await host.client.call('printer.print.resume')
    } else await untilState(host, 'paused')
    const next = stops[index + 1]
    if (next === undefined) host.relay.flow()
    else host.relay.holdAt(next)
  }
  assert.is((await reported(testEdge)).status, 'success')
  assert.equal((await klippy(host)).lmnt_line_record, wanted, seed)
})

run()
