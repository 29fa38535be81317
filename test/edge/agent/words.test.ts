import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocketServer } from 'ws'
import { connectMoonraker } from '../../../edge/moonraker/connection.ts'
import { readState } from '../../../edge/moonraker/printer-state.ts'
import { joinLines, plainText } from '../../../edge/plain-text.ts'
import { failure } from '../../../edge/print/job/outcome.ts'
import { type Log, silentLog } from '../../../runtime/log.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { makeEdgeFixture, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('messages of the printer and the service')

const shutdown = `MCU 'mcu' shutdown: Timer too close
This often indicates the host computer is overloaded. Check
for other processes consuming excessive CPU time, high swap.
Once the underlying issue is corrected, use the "FIRMWARE_RESTART"
command to reset the firmware, reload the config, and restart the
host software.
Printer is shutdown
`

test("Klipper's messages become sentences, and are cut after a whole word", () => {
  assert.is(
    joinLines('Lost communication with MCU\n\nPrinter is shutdown\n'),
    'Lost communication with MCU. Printer is shutdown',
  )
  assert.is(joinLines(''), '')
  assert.match(failure('error', shutdown).error ?? '', 'Timer too close. This often indicates')
  const words = shutdown.split(/\s+/).map(word => word.replace(/[.]$/, ''))
  for (let length = 40; length < 300; length++) {
    const last = plainText(shutdown, length).split(' ').at(-1) ?? ''
    assert.ok(words.includes(last.replace(/[.]$/, '')), `${length}: ${last}`)
  }
  assert.is(plainText('one two', 7), 'one two')
  assert.is(plainText('one two three', 7), 'one two')
  assert.is([...plainText('\u{1f600}'.repeat(20), 9)].length, 9)
})

test('negative filament counts as zero', () => {
  assert.is(readState({ print_stats: { filament_used: -0.8 } }).printStats.filament_used, 0)
  assert.is(readState({ print_stats: { filament_used: 3.5 } }).printStats.filament_used, 3.5)
})

test('a print that somebody has paused is shown as paused', async () => {
  const fixture = await makeEdgeFixture({ printer: { linesPerSecond: 2000 } })
  try {
    const job = await fixture.market.add(makeGcode(20_000))
    const state = async () => ((await fixture.client.agent('status')).job as { state: string } | null)?.state
    await eventually(
      'the print runs',
      async () => ((await fixture.client.lastRun())?.lines ?? 0) > 100 && (await state()) === 'printing',
    )
    await fixture.client.call('printer.print.pause')
    await eventually('the print is paused', async () => (await state()) === 'paused')
    await fixture.client.call('printer.print.resume')
    await eventually('the print goes on', async () => (await state()) === 'printing')
    await fixture.client.call('printer.print.cancel')
    assert.is((await reported(fixture, job)).stats?.reason, 'cancelled')
  } finally {
    await fixture.close()
  }
})

test("when Moonraker requires an API key, the log names the option for the key's file", async () => {
  const server = new WebSocketServer({ port: 0 })
  server.on('connection', socket =>
    socket.on('message', data => {
      const { id } = JSON.parse(String(data))
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32602, message: 'Unauthorized' } }))
    }),
  )
  const said: string[] = []
  const log = {
    ...silentLog,
    error: (_fields: object, text: string) => said.push(text),
    warn() {},
    debug() {},
    info() {},
  }
  const address = server.address() as { port: number }
  const moonraker = connectMoonraker({
    url: `ws://127.0.0.1:${address.port}/websocket`,
    homeUrl: 'http://marketplace',
    onRequest: async () => ({}),
    remoteMethods: [],
    onRemoteCall() {},
    jitter: () => 0.5,
    log: log as unknown as Log,
  })
  try {
    await eventually('the console line appears', () => said.some(text => text.includes('moonraker_api_key_file')))
  } finally {
    moonraker.close()
    server.close()
  }
})

test.run()
