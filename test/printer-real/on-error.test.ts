import * as assert from 'uvu/assert'
import { gcodeOf } from '../make/edge/gcode.ts'
import { runningPrint } from '../make/printer-real/prints.ts'
import { klippy, printerSuite, readyFile, reported, shortMoves, untilState } from '../make/printer-real/set-up.ts'

/** As in Mainsail's client.cfg; its CANCEL_PRINT parks the head. */
const macros = [
  '[virtual_sdcard]',
  'on_error_gcode: CANCEL_PRINT',
  '[gcode_macro CANCEL_PRINT]',
  'rename_existing: CANCEL_PRINT_BASE',
  'gcode:',
  '  RESPOND MSG="the head is parked"',
  '  TURN_OFF_HEATERS',
  '  CANCEL_PRINT_BASE',
]
const parked = 'echo: the head is parked'
const { test, run } = printerSuite('a printer whose on_error_gcode is CANCEL_PRINT', { macros })

test("an error of a line is reported as the printer's error, not as a person's cancel", async fixture => {
  const { host, testEdge, market } = fixture
  const job = await market.add(shortMoves(30, ['G1 X9001 F6000', 'G1 X100 E0.01']))
  const report = await reported(testEdge, job)
  await untilState(host, 'cancelled')
  assert.equal([report.status, report.stats?.reason], ['failure', 'error'])
  assert.match(report.error ?? '', 'Move out of range: 9001.000')
  assert.ok(host.client.console.includes(parked))
})

test('an error of the end macro after the last extruding line is a success', async ({ testEdge, market }) => {
  const job = await market.add(shortMoves(30, ['G1 X9001 F6000']))
  const { status, stats } = await reported(testEdge, job)
  assert.equal([status, stats?.reason], ['success', 'error_at_end'])
})

test("a person's cancel is reported as one, also after an error of a console command", async fixture => {
  const { host, testEdge } = fixture
  const { job } = await runningPrint(fixture)
  await host.client.call('printer.gcode.script', { script: 'SET_HEATER_TEMPERATURE HEATER=nowhere' }).catch(() => {})
  await host.client.call('printer.print.cancel')
  assert.is((await reported(testEdge, job)).stats?.reason, 'cancelled')
})

test(
  'our refusal comes before anything moves: an error with its text and cold heaters, and no CANCEL_PRINT',
  async ({ host, testEdge, market }) => {
    const job = await market.add(gcodeOf(['G28', 'FROBNICATE X=1', 'G1 X1 E1']))
    const filename = await readyFile(host)
    await host.client.call('printer.gcode.script', { script: 'M140 S50\nM104 S190' })
    host.client.console.length = 0
    await host.client.call('printer.print.start', { filename })
    const { message } = await untilState(host, 'error')
    const report = await reported(testEdge, job)
    assert.is(report.stats?.reason, 'gcode_rejected')
    assert.is(message, `LMNT: ${report.error}`)
    assert.ok(host.client.console.includes(`!! ${message}`))
    assert.not.ok(host.client.console.includes(parked))
    const { heater_bed: bed, extruder } = await klippy(host)
    assert.equal([bed.target, extruder.target], [0, 0])
  },
  { autoStart: false },
)

run()
