import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { canary } from '../make/edge/gcode.ts'
import { heldPrint, runningPrint } from '../make/printer-real/prints.ts'
import {
  type PrinterHost,
  printerSuite,
  reported,
  shortMoves,
  untilReady,
  untilState,
} from '../make/printer-real/set-up.ts'

const { test, run } = printerSuite("a real printer's logs, files and API", {
  isVerbose: true,
  streamOptions: ['pause_after: 60'],
})

type End = (host: PrinterHost) => Promise<unknown>
const call =
  (method: string, params?: object): End =>
  // Klippy may be gone before it has answered.
  host =>
    host.client.call(method, params).catch(() => {})

/** Ends of a print, each of which makes Klippy or Moonraker write something down: while its lines come, or while it starves. */
const ends: [string, 'running' | 'starved', End][] = [
  ['a cancel', 'running', call('printer.print.cancel')],
  ['a pause and a cancel', 'starved', pauseAndCancel],
  ['M112', 'running', call('printer.gcode.script', { script: 'M112' })],
  ['M112', 'starved', call('printer.gcode.script', { script: 'M112' })],
  ['an emergency stop', 'running', call('printer.emergency_stop')],
  ['a restart of Klipper', 'starved', call('printer.firmware_restart')],
]

async function pauseAndCancel(host: PrinterHost): Promise<void> {
  await host.client.call('printer.print.pause')
  await untilState(host, 'paused')
  await host.client.call('printer.print.cancel')
}

/** Some of the job's lines, or pieces of them. */
const secrets = [canary, 'Y57.0000', 'Y59.3000', 'E0.01 F6000']

test('no line of a job is in klippy.log, moonraker.log, the console store, the database or the gcodes folder', async fixture => {
  const { host, testEdge, market } = fixture
  for (const [what, how, end] of ends) {
    host.relay.flow()
    const { job } = await (how === 'starved' ? heldPrint(fixture) : runningPrint(fixture))
    await end(host)
    assert.is((await reported(testEdge, job)).status, 'failure', `${what}, ${how}`)
    await untilReady(host)
  }
  const restarted = await heldPrint(fixture)
  await host.printer.restartMoonraker()
  await untilReady(host)
  host.relay.flow()
  assert.is((await reported(testEdge, restarted.job)).status, 'success')
  const failing = await market.add(shortMoves(100, ['G1 X5000 Y77.7777 F6000', 'G1 X100 E0.01 F6000']))
  assert.match((await reported(testEdge, failing)).error ?? '', 'Move out of range')
  const last = await market.add(shortMoves(1000))
  assert.is((await reported(testEdge, last)).status, 'success')

  const dumps = readFileSync(host.printer.klippyLog, 'utf8').split('Virtual sdcard (').length - 1
  assert.is(dumps, 3, 'Klippy wrote down what it was reading at each shutdown')
  const store = JSON.stringify(await host.client.call('server.gcode_store', { count: 1000 }))
  for (const secret of secrets) {
    assert.not.ok(store.includes(secret), `the console store holds ${secret}`)
    assert.not.ok(host.client.console.join('\n').includes(secret), `the console showed ${secret}`)
  }
  await testEdge.stopEdge()
  await assertNotInFiles(host)
})

/** Everything that Klippy, Moonraker and the edge have written, the edge's own folder included. */
async function assertNotInFiles(host: PrinterHost): Promise<void> {
  const files = readdirSync(host.dir, { recursive: true, encoding: 'utf8' }).map(name => join(host.dir, name))
  const kept = files.filter(file => statSync(file, { throwIfNoEntry: false })?.isFile())
  for (const name of ['klippy.log', 'moonraker.log', 'moonraker-sql.db', 'Gear.gcode']) {
    assert.ok(
      kept.some(file => file.endsWith(name)),
      `${name} was looked at`,
    )
  }
  for (const file of kept) {
    const bytes = readFileSync(file)
    for (const secret of secrets) assert.not.ok(bytes.includes(secret), `${file} holds ${secret}`)
  }
}

run()
