import * as assert from 'uvu/assert'
import { klippy, untilHeld, untilLines } from './look.ts'
import { byteAt, shortMoves } from './moves.ts'
import { type Place, reported } from './set-up.ts'

/** A job whose print stands in its middle, out of lines. */
export async function heldPrint({ shed, market }: Place) {
  const gcode = shortMoves(2000)
  const byte = byteAt(gcode, 0.4)
  shed.relay.holdAt(byte)
  const job = await market.add(gcode)
  await untilHeld(shed, byte)
  return { gcode, job }
}

/** A job whose lines keep coming, for longer than a test needs them; the last ones only when the relay lets them flow. */
export async function runningPrint({ shed, market }: Place) {
  const gcode = shortMoves(20_000)
  shed.relay.trickle(2000, byteAt(gcode, 0.9))
  const job = await market.add(gcode)
  await untilLines(shed, 500)
  return { gcode, job }
}

/** The print of a new job has to work, whatever was done to the last one. */
export async function nextPrintWorks({ shed, bench, market }: Place): Promise<void> {
  shed.relay.flow()
  const gcode = shortMoves(300)
  const job = await market.add(gcode)
  const report = await reported(bench, job)
  assert.is(report.status, 'success', report.error)
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
}
