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
  byteAt,
  type Fixture,
  klippy,
  printerSuite,
  reported,
  shortMoves,
  type TestEdge,
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

const { test, run } = printerSuite('a print on real Klippy without its edge', {
  streamOptions: ['pause_after: 0.5'],
  macros: pauseMacro,
})

function isStartAsked({ config }: TestEdge, job: FakeJob): boolean {
  const path = join(config.dataDir, 'jobs', `${job.claim.print_job_id}.json`)
  return JSON.parse(readFileSync(path, 'utf8')).isStartAsked
}

/** A print job whose start waits behind a macro of 20 s. `macro` ends with it. */
async function startBehindMacro({ host, testEdge, market }: Fixture) {
  market.rightsLeft = 1
  const job = await market.add(shortMoves(300))
  const macro = host.client.call('printer.gcode.script', { script: 'G4 P20000\nM400' })
  await eventually('the key is there, the start is next', () => market.opens === 1)
  await eventually('the start is on its way', () => isStartAsked(testEdge, job))
  return { job, macro }
}

/** The edge hears what the marketplace decides while the macro still runs. */
const heardSoon = { progressMs: 50 }

type EdgeProcess = ReturnType<typeof startEdgeProcess>

async function ended(child: EdgeProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

/** A print whose edge is stopped in its middle; nothing of its lines is left on the way. */
async function starvedPrint(fixture: Fixture, before = async () => {}) {
  const print = await heldPrint(fixture)
  await before()
  await fixture.testEdge.stopEdge()
  return print
}

test('after kill -9 the print continues at the same byte: the lines are the same, and one success is reported', async ({
  host,
  testEdge,
  market,
}) => {
  await testEdge.stopEdge()
  await host.relay.open()
  const children: EdgeProcess[] = [startEdgeProcess(testEdge.config)]
  try {
    const gcode = shortMoves(3000)
    const job = await market.add(gcode)
    for (const part of [0.3, 0.7]) {
      const byte = byteAt(gcode, part)
      host.relay.holdAt(byte)
      await untilHeld(host, byte)
      await ended(children.at(-1) as EdgeProcess, 'SIGKILL')
      host.relay.breakOff()
      children.push(startEdgeProcess(testEdge.config))
    }
    host.relay.flow()
    assert.is((await reported(testEdge, job)).status, 'success')
    assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
    assert.is(market.ranges.length, 1, 'the spool was fetched once')
    assert.is(market.jobs.length, 1)
    await eventually('the job is put away', () => job.status === 'success')
    assert.is(job.reports.length, 1)
  } finally {
    for (const child of children) await ended(child, 'SIGTERM')
  }
})

test('a starved print pauses and resumes by itself', async fixture => {
  const { host, testEdge } = fixture
  const { gcode, job } = await starvedPrint(fixture)
  await untilState(host, 'paused')
  assert.ok(host.client.console.some(line => line.includes('no lines for')))
  await testEdge.startEdge()
  assert.is((await reported(testEdge, job)).status, 'success')
  assert.ok(host.client.console.some(line => line.includes('the lines are back, resuming')))
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
})

test('a PAUSE macro that fails is not run again and again, and the print goes on with its lines', async fixture => {
  const { host, testEdge } = fixture
  const letFail = (value: number) =>
    host.client.call('printer.gcode.script', { script: `SET_GCODE_VARIABLE MACRO=PAUSE VARIABLE=fails VALUE=${value}` })
  const said = (words: string) => host.client.console.filter(line => line.includes(words)).length
  host.client.console.length = 0
  await letFail(1)
  try {
    const { gcode, job } = await heldPrint(fixture)
    await eventually('the message is shown', () => said('PAUSE failed') > 0)
    const { total_duration: since } = await host.client.printStats()
    await eventually(
      'the print starves again',
      async () => (await host.client.printStats()).total_duration > since + 1.5,
    )
    assert.equal([said('no lines for'), said('PAUSE failed')], [1, 1])
    host.relay.flow()
    assert.is((await reported(testEdge, job)).status, 'success')
    assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
  } finally {
    await letFail(0)
  }
})

test('a print goes on during a restart of both Moonraker and the edge', async fixture => {
  const { host, testEdge } = fixture
  const { gcode, job } = await starvedPrint(fixture)
  // The edge is there first, and so before Moonraker has reached Klippy.
  await Promise.all([host.printer.restartMoonraker(), testEdge.startEdge()])
  assert.is((await reported(testEdge, job)).status, 'success')
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
})

test(
  'a job that is cancelled while its start waits behind a long macro is never printed',
  async fixture => {
    const { testEdge, market } = fixture
    const { job, macro } = await startBehindMacro(fixture)
    job.isCancelRequested = true
    await macro
    assert.is((await reported(testEdge, job)).stats?.reason, 'cancelled')
    assert.is(market.jobs.length, 1)
    assert.not.ok(job.wasPrinting)
    await nextPrintWorks(fixture)
  },
  heardSoon,
)

test(
  'a job that the marketplace ends while its start waits behind a long macro orders no other',
  async fixture => {
    const { host, market } = fixture
    const { job, macro } = await startBehindMacro(fixture)
    job.status = 'expired'
    await macro
    await eventually('the print is refused', async () => (await host.client.printStats()).state === 'error')
    assert.match((await host.client.printStats()).message, 'This print job has ended')
    assert.is(market.jobs.length, 1)
    await nextPrintWorks(fixture)
  },
  heardSoon,
)

test('a starved print does not go on by itself while a heater is not on its target', async fixture => {
  const { host, testEdge } = fixture
  const heat = async () => {
    await host.client.call('printer.gcode.script', { script: 'M140 S60' })
  }
  const { gcode, job } = await starvedPrint(fixture, heat)
  await untilState(host, 'paused')
  await testEdge.startEdge()
  await eventually('the reason is shown', () =>
    host.client.console.some(line => line.includes('a heater is not on its target')),
  )
  assert.is((await host.client.printStats()).state, 'paused')
  await host.client.call('printer.print.resume')
  assert.is((await reported(testEdge, job)).status, 'success')
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
})

test('a cancel without the edge is answered at once, and reported when the edge is back', async fixture => {
  const { host, testEdge } = fixture
  const { job } = await starvedPrint(fixture)
  await atOnce(host, 'printer.print.cancel', 'cancelled')
  await testEdge.startEdge()
  assert.is((await reported(testEdge, job)).stats?.reason, 'cancelled')
  await nextPrintWorks(fixture)
})

run()
