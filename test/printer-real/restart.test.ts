import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { startEdgeProcess } from '../make/edge/edge-process.ts'
import type { FakeJob } from '../make/edge/fake-marketplace.ts'
import { eventually } from '../make/eventually.ts'
import { heldPrint, nextPrintWorks } from '../make/printer-real/prints.ts'
import {
  atOnce,
  type Bench,
  byteAt,
  klippy,
  type Place,
  printerSuite,
  reported,
  shortMoves,
  untilHeld,
  untilState,
} from '../make/printer-real/set-up.ts'

/** The user's own PAUSE, which a test can let fail. */
const pauseMacro = [
  '[gcode_macro PAUSE]',
  'rename_existing: PAUSE_BASE',
  'variable_fails: 0',
  'gcode:',
  '  {% if printer["gcode_macro PAUSE"].fails %}{action_raise_error("no parking here")}{% endif %}',
  '  PAUSE_BASE',
]

const { test, run } = printerSuite('a print on real Klippy whose edge goes away', {
  streamOptions: ['pause_after: 0.5'],
  macros: pauseMacro,
})

function isStartAsked({ config }: Bench, job: FakeJob): boolean {
  const path = join(config.dataDir, 'jobs', `${job.claim.print_job_id}.json`)
  return JSON.parse(readFileSync(path, 'utf8')).isStartAsked
}

type EdgeProcess = ReturnType<typeof startEdgeProcess>

async function ended(child: EdgeProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

/** A print whose edge is stopped in its middle; nothing of its lines is left on the way. */
async function starvedPrint(place: Place, before = async () => {}) {
  const print = await heldPrint(place)
  await before()
  await place.bench.stopEdge()
  return print
}

test('killed with -9 it goes on at the byte: the lines are exactly the same, and one success is reported', async ({
  shed,
  bench,
  market,
}) => {
  await bench.stopEdge()
  await shed.relay.open()
  const children: EdgeProcess[] = [startEdgeProcess(bench.config)]
  try {
    const gcode = shortMoves(3000)
    const job = await market.add(gcode)
    for (const part of [0.3, 0.7]) {
      const byte = byteAt(gcode, part)
      shed.relay.holdAt(byte)
      await untilHeld(shed, byte)
      await ended(children.at(-1) as EdgeProcess, 'SIGKILL')
      shed.relay.breakOff()
      children.push(startEdgeProcess(bench.config))
    }
    shed.relay.flow()
    assert.is((await reported(bench, job)).status, 'success')
    assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
    assert.is(market.ranges.length, 1, 'the spool was fetched once')
    assert.is(market.jobs.length, 1)
    await eventually('the job is put away', () => job.status === 'success')
    assert.is(job.reports.length, 1)
  } finally {
    for (const child of children) await ended(child, 'SIGTERM')
  }
})

test('a starved print is paused by itself, and goes on by itself when the edge is back', async place => {
  const { shed, bench } = place
  const { gcode, job } = await starvedPrint(place)
  await untilState(shed, 'paused')
  assert.ok(shed.client.console.some(line => line.includes('no lines came')))
  await bench.startEdge()
  assert.is((await reported(bench, job)).status, 'success')
  assert.ok(shed.client.console.some(line => line.includes('the lines are back, resuming')))
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
})

test('a PAUSE macro that fails is not run again and again, and the print goes on with its lines', async place => {
  const { shed, bench } = place
  const letFail = (value: number) =>
    shed.client.call('printer.gcode.script', { script: `SET_GCODE_VARIABLE MACRO=PAUSE VARIABLE=fails VALUE=${value}` })
  const said = (words: string) => shed.client.console.filter(line => line.includes(words)).length
  shed.client.console.length = 0
  await letFail(1)
  try {
    const { gcode, job } = await heldPrint(place)
    await eventually('it says so', () => said('PAUSE failed') > 0)
    const { total_duration: since } = await shed.client.printStats()
    await eventually('it starves on', async () => (await shed.client.printStats()).total_duration > since + 1.5)
    assert.equal([said('no lines came'), said('PAUSE failed')], [1, 1])
    shed.relay.flow()
    assert.is((await reported(bench, job)).status, 'success')
    assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
  } finally {
    await letFail(0)
  }
})

test('a print goes on over a restart of Moonraker and the edge together', async place => {
  const { shed, bench } = place
  const { gcode, job } = await starvedPrint(place)
  // The edge is there first, and so before Moonraker has reached Klippy.
  await Promise.all([shed.printer.restartMoonraker(), bench.startEdge()])
  assert.is((await reported(bench, job)).status, 'success')
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
})

test('a job that is cancelled while its start waits behind a long macro is never printed', async place => {
  const { shed, bench, market } = place
  market.rightsLeft = 1
  const job = await market.add(shortMoves(300))
  const macro = shed.client.call('printer.gcode.script', { script: 'G4 P6000\nM400' })
  await eventually('the key is there, the start is next', () => market.opens === 1)
  await eventually('the start is on its way', () => isStartAsked(bench, job))
  job.isCancelRequested = true
  await macro
  assert.is((await reported(bench, job)).stats?.reason, 'cancelled')
  assert.is(market.jobs.length, 1)
  assert.not.ok(job.wasPrinting)
  await nextPrintWorks(place)
})

test('a job that the marketplace ends while its start waits behind a long macro orders no other', async place => {
  const { shed, bench, market } = place
  market.rightsLeft = 1
  const job = await market.add(shortMoves(300))
  const macro = shed.client.call('printer.gcode.script', { script: 'G4 P6000\nM400' })
  await eventually('the key is there, the start is next', () => market.opens === 1)
  await eventually('the start is on its way', () => isStartAsked(bench, job))
  job.status = 'expired'
  await macro
  await eventually('the print is refused', async () => (await shed.client.printStats()).state === 'error')
  assert.match((await shed.client.printStats()).message, 'This print job has ended')
  assert.is(market.jobs.length, 1)
  await nextPrintWorks(place)
})

test('a starved print does not go on by itself while a heater is not on its target', async place => {
  const { shed, bench } = place
  const heat = async () => {
    await shed.client.call('printer.gcode.script', { script: 'M140 S60' })
  }
  const { gcode, job } = await starvedPrint(place, heat)
  await untilState(shed, 'paused')
  await bench.startEdge()
  await eventually('it says why', () =>
    shed.client.console.some(line => line.includes('a heater is not on its target')),
  )
  assert.is((await shed.client.printStats()).state, 'paused')
  await shed.client.call('printer.print.resume')
  assert.is((await reported(bench, job)).status, 'success')
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
})

test('a cancel while the edge is away is answered at once, and reported when it is back', async place => {
  const { shed, bench } = place
  const { job } = await starvedPrint(place)
  await atOnce(shed, 'printer.print.cancel', 'cancelled')
  await bench.startEdge()
  assert.is((await reported(bench, job)).stats?.reason, 'cancelled')
  await nextPrintWorks(place)
})

run()
