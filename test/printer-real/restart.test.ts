import { once } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startEdgeProcess } from '../edge/edge-process.ts'
import { eventually } from '../edge/eventually.ts'
import {
  type Bench,
  environment,
  klippy,
  openShed,
  reported,
  type Shed,
  setUpBench,
  shortMoves,
  untilLines,
  untilState,
} from './set-up.ts'

const test = suite('a print on real Klippy whose edge goes away')
const it = environment ? test : test.skip
let shed: Shed

if (environment) {
  test.before(async () => {
    shed = await openShed({ streamOptions: ['pause_after: 0.5'] })
  })
  test.after(() => shed.close())
}

async function ended(child: ReturnType<typeof startEdgeProcess>, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

/** Stops the edge in the middle of a print, before it has handed out its last line. */
async function starve(bench: Bench): Promise<void> {
  await untilLines(shed, 5000)
  await bench.stopEdge()
  await eventually('the lines run out', async () => (await klippy(shed)).lmnt_stream.is_starved)
}

it('killed with -9 it goes on at the byte: the lines are exactly the same, and one success is reported', async () => {
  const bench = await setUpBench(shed)
  const children: ReturnType<typeof startEdgeProcess>[] = []
  try {
    await bench.stopEdge()
    const gcode = shortMoves(60_000)
    children.push(startEdgeProcess(bench.config))
    const job = await bench.market.add(gcode)
    for (const lines of [5000, 30_000]) {
      await untilLines(shed, lines)
      await ended(children.at(-1)!, 'SIGKILL')
      children.push(startEdgeProcess(bench.config))
    }
    assert.is((await reported(bench, job)).status, 'success')
    assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
    assert.is(bench.market.ranges.length, 1, 'the spool was fetched once')
    assert.is(job.reports.length, 1)
  } finally {
    for (const child of children) await ended(child, 'SIGTERM')
    await bench.close()
  }
})

it('a starved print is paused by itself, and goes on by itself when the edge is back', async () => {
  const bench = await setUpBench(shed)
  try {
    const gcode = shortMoves(60_000)
    const job = await bench.market.add(gcode)
    await starve(bench)
    await untilState(shed, 'paused')
    assert.ok(shed.client.console.some(line => line.includes('no lines came')))
    await bench.startEdge()
    assert.is((await reported(bench, job)).status, 'success')
    assert.ok(shed.client.console.some(line => line.includes('the lines are back, resuming')))
    assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
  } finally {
    await bench.close()
  }
})

it('a starved print does not go on by itself while a heater is not on its target', async () => {
  const bench = await setUpBench(shed)
  try {
    const gcode = shortMoves(60_000)
    const job = await bench.market.add(gcode)
    await untilLines(shed, 1000)
    await shed.client.call('printer.gcode.script', { script: 'M140 S60' })
    await starve(bench)
    await untilState(shed, 'paused')
    await bench.startEdge()
    await eventually('it says why', () =>
      shed.client.console.some(line => line.includes('a heater is not on its target')),
    )
    assert.is((await shed.client.printStats()).state, 'paused')
    await shed.client.call('printer.print.resume')
    assert.is((await reported(bench, job)).status, 'success')
    assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
  } finally {
    await bench.close()
  }
})

it('pause, resume and cancel are answered at once while the print is starved', async () => {
  const bench = await setUpBench(shed)
  try {
    await bench.market.add(shortMoves(60_000))
    await starve(bench)
    const calls = [
      ['printer.print.pause', 'paused'],
      ['printer.print.resume', 'printing'],
      ['printer.print.cancel', 'cancelled'],
    ] as const
    for (const [method, state] of calls) {
      const started = performance.now()
      await shed.client.call(method)
      assert.ok(performance.now() - started < 2000, method)
      await untilState(shed, state, 2000)
    }
    await bench.startEdge()
    assert.is((await reported(bench)).stats?.reason, 'cancelled')
    const gcode = shortMoves(500)
    const next = await bench.market.add(gcode)
    assert.is((await reported(bench, next)).status, 'success')
    assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
  } finally {
    await bench.close()
  }
})

test.run()
