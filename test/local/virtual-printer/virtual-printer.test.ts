import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectMoonraker } from '../../../edge/moonraker/connection.ts'
import { silentLog } from '../../../runtime/log.ts'
import { refusal } from '../../make/edge/dialog.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { connectPrinterClient } from '../../make/edge/printer-client.ts'
import { eventually } from '../../make/eventually.ts'
import { put, state, withVirtualPrinter } from '../../make/virtual-printer.ts'

const test = suite('the virtual printer')

test('a plain file is printed to its end, with layers, filament and history', () =>
  // Slow enough for the history, which looks at print_stats from time to time.
  withVirtualPrinter({ linesPerSecond: 20_000 }, async fixture => {
    const gcode = makeGcode(5000)
    put(fixture, 'plain.gcode', gcode.text)
    await fixture.client.call('printer.print.start', { filename: 'plain.gcode' })
    const stats = await state(fixture, 'complete')
    assert.is(stats.filename, 'plain.gcode')
    assert.equal(stats.info, { total_layer: 5, current_layer: 5 })
    assert.ok(Math.abs(stats.filament_used - 62.5) < 0.01)
    const run = await fixture.client.lastRun()
    assert.is(run?.sha256, gcode.sha256)
    assert.is(run?.lines, gcode.lines)
    const { jobs } = (await fixture.client.call('server.history.list')) as {
      jobs: { status: string; filename: string }[]
    }
    assert.is(jobs[0]?.filename, 'plain.gcode')
  }))

test('a file that is not there, or not in the folder, is refused as Klipper does', () =>
  withVirtualPrinter({}, async fixture => {
    writeFileSync(join(fixture.dir, 'outside.gcode'), 'G28\n')
    for (const filename of ['missing.gcode', '../outside.gcode']) {
      const start = fixture.client.call('printer.print.start', { filename })
      assert.is(await refusal(start), 'Unable to open file')
    }
    assert.is((await fetch(`${fixture.printer.url}/server/files/gcodes/..%2Foutside.gcode`)).status, 403)
  }))

test('pause, resume and cancel move print_stats as in Klipper', () =>
  withVirtualPrinter({ linesPerSecond: 2000 }, async fixture => {
    const gcode = makeGcode(20_000)
    put(fixture, 'long.gcode', gcode.text)
    await fixture.client.call('printer.print.start', { filename: 'long.gcode' })
    await state(fixture, 'printing')
    assert.is(await refusal(fixture.client.call('printer.print.start', { filename: 'long.gcode' })), 'SD busy')
    await fixture.client.call('printer.print.pause')
    const { lines } = (await fixture.client.lastRun()) ?? { lines: 0 }
    await state(fixture, 'paused')
    assert.is((await fixture.client.lastRun())?.lines, lines)
    await fixture.client.call('printer.print.resume')
    await state(fixture, 'printing')
    await fixture.client.call('printer.print.cancel')
    await state(fixture, 'cancelled')
    await fixture.client.call('printer.gcode.script', { script: 'SDCARD_RESET_FILE' })
    await state(fixture, 'standby')
  }))

test('planned faults happen right before their line', () =>
  withVirtualPrinter({}, async fixture => {
    put(fixture, 'plain.gcode', makeGcode(500).text)
    await fixture.client.call('virtual_printer.fail', { line: 100, how: 'error', message: 'Move out of range' })
    await fixture.client.call('printer.print.start', { filename: 'plain.gcode' })
    assert.is((await state(fixture, 'error')).message, 'Move out of range')
    assert.is((await fixture.client.lastRun())?.lines, 99)
    await fixture.client.call('virtual_printer.fail', { line: 50, how: 'stall' })
    await fixture.client.call('printer.print.start', { filename: 'plain.gcode' })
    await eventually('it stalls', async () => (await fixture.client.lastRun())?.lines === 49)
    await fixture.client.call('virtual_printer.unstall')
    await state(fixture, 'complete')
  }))

test('a restart of Klipper is told, and ends the subscriptions', () =>
  withVirtualPrinter({}, async fixture => {
    const updates = () => fixture.client.notifications.filter(name => name === 'notify_status_update').length
    await fixture.client.call('printer.objects.subscribe', { objects: { toolhead: null } })
    await eventually('the clock is told', () => updates() > 0)
    await fixture.client.call('printer.firmware_restart')
    assert.is(await refusal(fixture.client.call('printer.print.pause')), 'Klippy Host not connected')
    await eventually('it is ready', () => fixture.client.notifications.includes('notify_klippy_ready'))
    assert.ok(fixture.client.notifications.includes('notify_klippy_disconnected'))
    const told = updates()
    await fixture.client.call('printer.info')
    assert.is(updates(), told)
  }))

test('what a query finds is told to subscribers, too', () =>
  withVirtualPrinter({ statusIntervalMs: 60_000 }, async fixture => {
    await fixture.client.call('printer.objects.subscribe', { objects: { print_stats: ['state'] } })
    put(fixture, 'long.gcode', makeGcode(5000).text)
    await fixture.client.call('printer.print.start', { filename: 'long.gcode' })
    await fixture.client.printStats()
    assert.is(fixture.client.notifications.filter(name => name === 'notify_status_update').length, 1)
  }))

test('an unknown command is passed over with a line on the console', () =>
  withVirtualPrinter({}, async fixture => {
    put(fixture, 'odd.gcode', 'G28\nFROBNICATE X=1\nG1 X1\n')
    await fixture.client.call('printer.print.start', { filename: 'odd.gcode' })
    await state(fixture, 'complete')
    assert.ok(fixture.client.console.includes('// Unknown command:"FROBNICATE"'))
  }))

test('an agent needs all four fields, one identification a connection and a name of its own', () =>
  withVirtualPrinter({}, async fixture => {
    const identity = { client_name: 'someone', version: '1', type: 'agent', url: 'http://x' }
    const { url: _url, ...incomplete } = identity
    assert.match(await refusal(fixture.client.call('server.connection.identify', incomplete)), 'url')
    await fixture.client.call('server.connection.identify', identity)
    assert.match(await refusal(fixture.client.call('server.connection.identify', identity)), 'already identified')
    const second = await connectPrinterClient(fixture.printer.websocketUrl)
    try {
      assert.match(await refusal(second.call('server.connection.identify', identity)), 'already registered')
      const other = { ...identity, client_name: 'other' }
      assert.match(await refusal(second.call('server.connection.identify', other)), 'already identified')
    } finally {
      second.close()
    }
  }))

test("the edge's client is an agent: calls reach it, and its errors come back as Moonraker's", () =>
  withVirtualPrinter({}, async fixture => {
    const told: unknown[] = []
    const moonraker = connectMoonraker({
      url: fixture.printer.websocketUrl,
      homeUrl: 'http://edge',
      onRequest: async (method, params) => ({ method, params: params ?? null }),
      remoteMethods: ['wave'],
      onRemoteCall: (method, params) => told.push({ method, params }),
      jitter: Math.random,
      log: silentLog,
    })
    try {
      await moonraker.changes.until(() => moonraker.state().isConnected || undefined)
      assert.is(moonraker.state().klippy, 'ready')
      assert.equal(await fixture.client.agent('hello'), { method: 'hello', params: null })
      assert.equal(await fixture.client.agent('hello', { a: 1 }), { method: 'hello', params: { a: 1 } })
      const call = { method: 'lmnt_marketplace/wave', params: { a: 1 } }
      await eventually('a macro calls it', () =>
        fixture.client.call('virtual_printer.call_remote_method', call).catch(() => false),
      )
      await fixture.client.call('virtual_printer.call_remote_method', { method: 'lmnt_marketplace/wave' })
      await eventually('both calls', () => told.length === 2)
      assert.equal(told, [
        { method: 'wave', params: { a: 1 } },
        { method: 'wave', params: {} },
      ])
    } finally {
      moonraker.close()
    }
  }))

test('as a process it says where it is, and ends at SIGTERM', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'lmnt-printer-'))
  const config = JSON.stringify({ dataDir: dir, streamSocket: join(dir, 's.sock') })
  const child = spawn(process.execPath, ['dist/local-virtual-printer.js'], {
    env: { ...process.env, LMNT_VIRTUAL_PRINTER_CONFIG: config },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    assert.ok(line.startsWith('ready '))
    const { url } = JSON.parse(line.slice('ready '.length)) as { url: string }
    const answer = (await (await fetch(`${url}/printer/info`)).json()) as { result: { state: string } }
    assert.is(answer.result.state, 'ready')
  } finally {
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    assert.is(code, 0)
    rmSync(dir, { recursive: true, force: true })
  }
})

test.run()
