import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { FakeJob } from '../make/edge/fake-marketplace.ts'
import type { MadeGcode } from '../make/edge/gcode.ts'
import { eventually } from '../make/eventually.ts'
import { seededRandom } from '../make/market.ts'
import { runningPrint } from '../make/printer-real/prints.ts'
import {
  atOnce,
  byteAt,
  type Fixture,
  klippy,
  type PrinterHost,
  reported,
  sharedPrinter,
  shortMoves,
  untilHeld,
  untilLines,
  untilState,
} from '../make/printer-real/set-up.ts'

const printer = sharedPrinter({ streamOptions: ['pause_after: 1'] })
const { test } = printer.suite('a print on real Klippy that is paused from the marketplace', { progressMs: 50 })

/** Waits until the edge has heard several times from the marketplace, and so has had the time to do something wrong. */
async function rounds(job: FakeJob): Promise<void> {
  const before = job.progressReports.length
  await eventually('the edge hears of it', () => job.progressReports.length > before + 5)
}

/** Waits until the marketplace was told this last. */
async function untilReported(job: FakeJob, state: string, message: RegExp): Promise<void> {
  const isReported = () => {
    const last = job.progressReports.at(-1)
    return last?.printer_state === state && message.test(last.printer_message ?? '')
  }
  await eventually(`the marketplace has ${state} ${message}`, isReported, 20_000)
}

const stateOf = async ({ host }: Fixture) => (await host.client.printStats()).state

test('the print stands still until the marketplace resumes it; people at the printer have the last word', async fixture => {
  const { host, testEdge } = fixture
  const { gcode, job } = await runningPrint(fixture)
  job.isPauseRequested = true
  await untilState(host, 'paused')
  await rounds(job)
  assert.is((await klippy(host)).virtual_sdcard.is_active, false)
  job.isPauseRequested = false
  await untilState(host, 'printing')

  job.isPauseRequested = true
  await untilState(host, 'paused')
  await rounds(job)
  await atOnce(host, 'printer.print.resume', 'printing')
  await rounds(job)
  assert.is(await stateOf(fixture), 'printing', 'what was resumed by hand is not paused again')
  job.isPauseRequested = false
  await rounds(job)

  await atOnce(host, 'printer.print.pause', 'paused')
  job.isPauseRequested = true
  await rounds(job)
  job.isPauseRequested = false
  await rounds(job)
  assert.is(await stateOf(fixture), 'paused', 'what was paused by hand is not resumed')
  await atOnce(host, 'printer.print.resume', 'printing')
  host.relay.flow()
  assert.is((await reported(testEdge, job)).status, 'success')
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
})

test('a print that the extra has parked is paused as soon as its lines are back', async fixture => {
  const { host, testEdge, market } = fixture
  const gcode = shortMoves(6000)
  const byte = byteAt(gcode, 0.1)
  host.relay.holdAt(byte)
  const job = await market.add(gcode)
  await untilHeld(host, byte)
  await untilState(host, 'paused')
  assert.is((await klippy(host)).lmnt_stream.is_parked, true)
  const { lines } = (await klippy(host)).lmnt_line_record
  job.isPauseRequested = true
  await rounds(job)
  host.relay.trickle(500)
  await untilLines(host, lines)
  await eventually('the pause is the marketplace’s', async () => {
    return (await stateOf(fixture)) === 'paused' && (await klippy(host)).lmnt_stream.is_parked === false
  })
  await rounds(job)
  assert.is(await stateOf(fixture), 'paused', 'the extra does not resume it')
  job.isPauseRequested = false
  await untilState(host, 'printing')
  host.relay.flow()
  assert.is((await reported(testEdge, job)).status, 'success')
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
})

test('after idle_timeout a resume fails, and the marketplace gets the reason', async fixture => {
  const { host, testEdge } = fixture
  const { gcode, job } = await runningPrint(fixture)
  job.isPauseRequested = true
  await untilState(host, 'paused')
  await untilReported(job, 'paused_by_marketplace', /^$/)
  // The time of the micro-controller stands still here, so that idle_timeout itself never runs: this is its gcode.
  await host.client.call('printer.gcode.script', { script: 'G90\nG1 X50 Y50 F6000\nTURN_OFF_HEATERS\nM84' })
  job.isPauseRequested = false
  await untilReported(job, 'paused_by_marketplace', /^The printer did not resume the print: Must home axis first/)
  assert.is(await stateOf(fixture), 'paused')
  const { job: shown } = (await host.client.agent('status')) as { job: { printer_message: string } }
  assert.match(shown.printer_message, 'Must home axis first')

  await host.client.call('printer.gcode.script', { script: 'G28' })
  await atOnce(host, 'printer.print.resume', 'printing')
  await untilReported(job, 'printing', /^$/)
  host.relay.flow()
  assert.is((await reported(testEdge, job)).status, 'success')
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
})

const disk = printer.suite('the same print from the disk and from the marketplace')

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

disk.test(
  'Klippy runs the same commands as for a print from the disk, in the same order',
  async ({ host, testEdge, market }) => {
    const gcode = shortMoves(2000, motley)
    const wanted = await fromDisk(host, gcode)
    assert.is(wanted.lines, gcode.lines)
    await market.add(gcode)
    assert.is((await reported(testEdge)).status, 'success')
    assert.equal((await klippy(host)).lmnt_line_record, wanted)
  },
)

disk.test(
  'Klippy runs the same commands when the connection is cut again and again at random places',
  async ({ host, testEdge, market }) => {
    const gcode = shortMoves(4000, motley)
    const wanted = await fromDisk(host, gcode)
    host.relay.cutAt(places(gcode, 60))
    await market.add(gcode)
    assert.is((await reported(testEdge)).status, 'success')
    assert.is(host.relay.cutsLeft(), 0)
    assert.equal((await klippy(host)).lmnt_line_record, wanted, seed)
  },
)

disk.test(
  'Klippy runs the same commands when the print is paused, starved and cut',
  async ({ host, testEdge, market }) => {
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
  },
)

printer.run()
