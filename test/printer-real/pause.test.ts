import * as assert from 'uvu/assert'
import type { FakeJob } from '../make/edge/fake-marketplace.ts'
import { eventually } from '../make/eventually.ts'
import { runningPrint } from '../make/printer-real/prints.ts'
import {
  atOnce,
  byteAt,
  klippy,
  type Place,
  printerSuite,
  reported,
  shortMoves,
  untilHeld,
  untilLines,
  untilState,
} from '../make/printer-real/set-up.ts'

const { test, run } = printerSuite('a print on real Klippy that is paused from the marketplace', {
  streamOptions: ['pause_after: 1'],
})

/** Waits until the edge has heard several times from the marketplace, and so has had the time to do something wrong. */
async function rounds(job: FakeJob): Promise<void> {
  const before = job.told.length
  await eventually('the edge hears of it', () => job.told.length > before + 5)
}

/** Waits until the marketplace was told this last. */
async function told(job: FakeJob, state: string, message: RegExp): Promise<void> {
  const isTold = () => {
    const last = job.told.at(-1)
    return last?.printer_state === state && message.test(last.printer_message ?? '')
  }
  await eventually(`it is told: ${state} ${message}`, isTold, 20_000)
}

const stateOf = async ({ shed }: Place) => (await shed.client.printStats()).state

test('it stands still until the marketplace resumes it; people at the printer have the last word', async place => {
  const { shed, bench } = place
  const { gcode, job } = await runningPrint(place)
  job.isPauseRequested = true
  await untilState(shed, 'paused')
  await rounds(job)
  assert.is((await klippy(shed)).virtual_sdcard.is_active, false)
  job.isPauseRequested = false
  await untilState(shed, 'printing')

  job.isPauseRequested = true
  await untilState(shed, 'paused')
  await rounds(job)
  await atOnce(shed, 'printer.print.resume', 'printing')
  await rounds(job)
  assert.is(await stateOf(place), 'printing', 'what was resumed by hand is not paused again')
  job.isPauseRequested = false
  await rounds(job)

  await atOnce(shed, 'printer.print.pause', 'paused')
  job.isPauseRequested = true
  await rounds(job)
  job.isPauseRequested = false
  await rounds(job)
  assert.is(await stateOf(place), 'paused', 'what was paused by hand is not resumed')
  await atOnce(shed, 'printer.print.resume', 'printing')
  shed.relay.flow()
  assert.is((await reported(bench, job)).status, 'success')
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
})

test('one that the extra has parked for want of lines is paused as soon as they are back', async place => {
  const { shed, bench, market } = place
  const gcode = shortMoves(20_000)
  const byte = byteAt(gcode, 0.1)
  shed.relay.holdAt(byte)
  const job = await market.add(gcode)
  await untilHeld(shed, byte)
  await untilState(shed, 'paused')
  assert.is((await klippy(shed)).lmnt_stream.is_parked, true)
  const { lines } = (await klippy(shed)).lmnt_line_record
  job.isPauseRequested = true
  await rounds(job)
  shed.relay.trickle(2000)
  await untilLines(shed, lines)
  await eventually('the pause is the marketplace’s', async () => {
    return (await stateOf(place)) === 'paused' && (await klippy(shed)).lmnt_stream.is_parked === false
  })
  await rounds(job)
  assert.is(await stateOf(place), 'paused', 'the extra does not resume it')
  job.isPauseRequested = false
  await untilState(shed, 'printing')
  shed.relay.flow()
  assert.is((await reported(bench, job)).status, 'success')
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
})

test('after the gcode of idle_timeout a resume fails, and the marketplace hears why', async place => {
  const { shed, bench } = place
  const { gcode, job } = await runningPrint(place)
  job.isPauseRequested = true
  await untilState(shed, 'paused')
  await told(job, 'paused_by_marketplace', /^$/)
  // The time of the micro-controller stands still here, so that idle_timeout itself never runs: this is its gcode.
  await shed.client.call('printer.gcode.script', { script: 'G90\nG1 X50 Y50 F6000\nTURN_OFF_HEATERS\nM84' })
  job.isPauseRequested = false
  await told(job, 'paused_by_marketplace', /^The printer did not resume the print: Must home axis first/)
  assert.is(await stateOf(place), 'paused')
  const { job: shown } = (await shed.client.agent('status')) as { job: { printer_message: string } }
  assert.match(shown.printer_message, 'Must home axis first')

  await shed.client.call('printer.gcode.script', { script: 'G28' })
  await atOnce(shed, 'printer.print.resume', 'printing')
  await told(job, 'printing', /^$/)
  shed.relay.flow()
  assert.is((await reported(bench, job)).status, 'success')
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
})

run()
