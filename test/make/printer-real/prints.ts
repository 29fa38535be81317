import * as assert from 'uvu/assert'
import { byteAt, shortMoves } from './moves.ts'
import { klippy, untilHeld, untilLines } from './printer-queries.ts'
import { type Fixture, reported } from './set-up.ts'

/** Starts a print and stops its lines in the middle, so that it starves. */
export async function heldPrint({ host, market }: Fixture) {
  const gcode = shortMoves(2000)
  const byte = byteAt(gcode, 0.4)
  host.relay.holdAt(byte)
  const job = await market.add(gcode)
  await untilHeld(host, byte)
  return { gcode, job }
}

/** Starts a print whose lines come slowly, longer than a test needs; the last tenth only after `relay.flow()`. */
export async function runningPrint({ host, market }: Fixture) {
  const gcode = shortMoves(6000)
  host.relay.trickle(500, byteAt(gcode, 0.9))
  const job = await market.add(gcode)
  await untilLines(host, 500)
  return { gcode, job }
}

/** Asserts that a new job prints after the disturbance of the previous one. */
export async function nextPrintWorks({ host, testEdge, market }: Fixture): Promise<void> {
  host.relay.flow()
  const gcode = shortMoves(300)
  const job = await market.add(gcode)
  const report = await reported(testEdge, job)
  assert.is(report.status, 'success', report.error)
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
}
