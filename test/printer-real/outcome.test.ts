import * as assert from 'uvu/assert'
import { printerSuite, reported, shortMoves, untilHeld } from '../make/printer-real/set-up.ts'

const { test, run } = printerSuite('outcomes of prints on a real printer')

test('print after print that fails at once is reported, each with its own error', async ({ testEdge, market }) => {
  for (const x of [9001, 9002, 9002, 9003]) {
    const job = await market.add(shortMoves(30, [`G1 X${x} F6000`, 'G1 X100 E0.01']))
    const report = await reported(testEdge, job)
    assert.equal([report.status, report.stats?.reason], ['failure', 'error'])
    assert.match(report.error ?? '', `Move out of range: ${x}.000`)
  }
})

test('a print whose lines all ran is a success when its end macro leaves the print volume', async ({
  testEdge,
  market,
}) => {
  const job = await market.add(shortMoves(30, ['G1 X9001 F6000']))
  const { status, stats } = await reported(testEdge, job)
  assert.equal([status, stats?.reason, stats?.progress], ['success', 'error_at_end', 1])
})

test('a print whose lines all ran is a success when the printer is stopped in its end macro', async fixture => {
  const { host, testEdge, market } = fixture
  const gcode = shortMoves(300, ['M84', 'M84', 'M84'])
  const byte = gcode.text.indexOf('M84\nM84\nTURN_OFF')
  host.relay.holdAt(byte)
  const job = await market.add(gcode)
  await untilHeld(host, byte)
  await host.client.call('printer.emergency_stop')
  const { status, stats } = await reported(testEdge, job)
  assert.equal([status, stats?.reason], ['success', 'klippy_shutdown_at_end'])
})

run()
