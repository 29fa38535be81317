import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { canary } from '../edge/gcode.ts'
import {
  type Bench,
  environment,
  openShed,
  reported,
  type Shed,
  setUpBench,
  shortMoves,
  untilLines,
  untilReady,
  untilState,
} from './set-up.ts'

const test = suite("what a real printer's logs, files and API keep of a job")
const it = environment ? test : test.skip

/** Ends of a print, each of which makes Klippy or Moonraker write something down. */
const ends: [string, (shed: Shed) => Promise<unknown>][] = [
  ['a cancel', shed => shed.client.call('printer.print.cancel')],
  ['a pause and a cancel', shed => pauseAndCancel(shed)],
  ['M112', shed => shed.client.call('printer.gcode.script', { script: 'M112' }).catch(() => {})],
  ['an emergency stop', shed => shed.client.call('printer.emergency_stop')],
  ['a restart of Klipper', shed => shed.client.call('printer.firmware_restart')],
]

async function pauseAndCancel(shed: Shed): Promise<void> {
  await shed.client.call('printer.print.pause')
  await untilState(shed, 'paused')
  await shed.client.call('printer.print.cancel')
}

it('no line of it is in klippy.log, moonraker.log, the console store, the database or the gcodes folder', async () => {
  const shed = await openShed({ isVerbose: true })
  let bench: Bench | undefined
  try {
    bench = await setUpBench(shed)
    const gcode = shortMoves(60_000)
    for (const [, end] of ends) {
      const job = await bench.market.add(gcode)
      await untilLines(shed, 2000)
      await end(shed)
      assert.is((await reported(bench, job)).status, 'failure')
      await untilReady(shed)
    }
    const failing = await bench.market.add(shortMoves(100, ['G1 X5000 Y77.7777 F6000']))
    assert.match((await reported(bench, failing)).error ?? '', 'Move out of range')
    const last = await bench.market.add(shortMoves(1000))
    assert.is((await reported(bench, last)).status, 'success')

    const dumps = readFileSync(shed.printer.klippyLog, 'utf8').split('Virtual sdcard (').length - 1
    assert.is(dumps, 2, 'Klippy wrote down what it was reading at each shutdown')
    const secrets = [canary, 'Y57.0000', 'Y59.3000', 'E0.01 F6000']
    const store = JSON.stringify(await shed.client.call('server.gcode_store', { count: 1000 }))
    for (const secret of secrets) {
      assert.not.ok(store.includes(secret), `the console store holds ${secret}`)
      assert.not.ok(shed.client.console.join('\n').includes(secret), `the console showed ${secret}`)
    }
    await bench.close()
    bench = undefined
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
  } finally {
    await bench?.close().catch(() => {})
    await shed.close()
  }
})

test.run()
