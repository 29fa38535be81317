import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { canary } from '../edge/gcode.ts'
import {
  type Bench,
  byteAt,
  environment,
  openShed,
  reported,
  type Shed,
  setUpBench,
  shortMoves,
  untilHeld,
  untilLines,
  untilReady,
  untilState,
} from './set-up.ts'

const test = suite("what a real printer's logs, files and API keep of a job")
const it = environment ? test : test.skip

type End = (shed: Shed) => Promise<unknown>
const call =
  (method: string, params?: object): End =>
  // Klippy may be gone before it has answered.
  shed =>
    shed.client.call(method, params).catch(() => {})

/** Ends of a print, each of which makes Klippy or Moonraker write something down. */
const ends: Record<string, End> = {
  'a cancel': call('printer.print.cancel'),
  'a pause and a cancel': async shed => {
    await shed.client.call('printer.print.pause')
    await untilState(shed, 'paused')
    await shed.client.call('printer.print.cancel')
  },
  M112: call('printer.gcode.script', { script: 'M112' }),
  'an emergency stop': call('printer.emergency_stop'),
  'a restart of Klipper': call('printer.firmware_restart'),
}

/** Some of the job's lines, or pieces of them. */
const secrets = [canary, 'Y57.0000', 'Y59.3000', 'E0.01 F6000']

it('no line of it is in klippy.log, moonraker.log, the console store, the database or the gcodes folder', async () => {
  const shed = await openShed({ isVerbose: true, streamOptions: ['pause_after: 60'] })
  let bench: Bench | undefined
  try {
    bench = await setUpBench(shed)
    const { market } = bench
    const gcode = shortMoves(2000)
    for (const [what, end] of Object.entries(ends)) {
      for (const isStarved of [false, true]) {
        shed.relay.flow()
        if (isStarved) shed.relay.holdAt(byteAt(gcode, 0.5))
        else shed.relay.trickle(500)
        const job = await market.add(gcode)
        await (isStarved ? untilHeld(shed, byteAt(gcode, 0.5)) : untilLines(shed, 300))
        await end(shed)
        assert.is((await reported(bench, job)).status, 'failure', what)
        await untilReady(shed)
      }
    }
    const restarted = await market.add(gcode)
    await untilHeld(shed, byteAt(gcode, 0.5))
    await shed.printer.restartMoonraker()
    await untilReady(shed)
    shed.relay.flow()
    assert.is((await reported(bench, restarted)).status, 'success')
    const failing = await market.add(shortMoves(100, ['G1 X5000 Y77.7777 F6000']))
    assert.match((await reported(bench, failing)).error ?? '', 'Move out of range')
    const last = await market.add(shortMoves(1000))
    assert.is((await reported(bench, last)).status, 'success')

    const dumps = readFileSync(shed.printer.klippyLog, 'utf8').split('Virtual sdcard (').length - 1
    assert.is(dumps, 4, 'Klippy wrote down what it was reading at each shutdown')
    const store = JSON.stringify(await shed.client.call('server.gcode_store', { count: 1000 }))
    for (const secret of secrets) {
      assert.not.ok(store.includes(secret), `the console store holds ${secret}`)
      assert.not.ok(shed.client.console.join('\n').includes(secret), `the console showed ${secret}`)
    }
    await bench.close()
    bench = undefined
    await assertNotInFiles(shed)
  } finally {
    await bench?.close().catch(() => {})
    await shed.close()
  }
})

/** Everything that Klippy, Moonraker and the edge have written, the edge's own folder included. */
async function assertNotInFiles(shed: Shed): Promise<void> {
  const files = readdirSync(shed.dir, { recursive: true, encoding: 'utf8' }).map(name => join(shed.dir, name))
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

test.run()
