import * as assert from 'uvu/assert'
import { readProfile } from '../../slicer/profiles/profile.ts'
import { gcodeOf, type MadeGcode } from '../make/edge/gcode.ts'
import { eventually } from '../make/eventually.ts'
import { runningPrint } from '../make/printer-real/prints.ts'
import {
  byteAt,
  klippy,
  readyFile,
  reported,
  sharedPrinter,
  shortMoves,
  untilHeld,
  untilState,
} from '../make/printer-real/set-up.ts'
import { box } from '../make/slicer/models.ts'
import { testProfile } from '../make/slicer/profiles.ts'
import { sliceWhole } from '../make/slicer/slice.ts'
import { makeThree, sliceable } from '../make/slicer/three.ts'

/** Objects and arcs, the macros of the profile's start and end, and "pause at layer" and CANCEL_PRINT as in Mainsail's client.cfg. */
const macros = [
  '[exclude_object]\n\n[gcode_arcs]\n',
  '[gcode_macro START_PRINT]\ngcode:\n  M104 S{params.EXTRUDER_TEMP|default(200)}\n  M140 S{params["BED_TEMP"]}\n',
  '[gcode_macro PRINT_START]',
  'gcode:',
  '  G28',
  '[gcode_macro PRINT_END]',
  'gcode:',
  '  M84',
  '[gcode_macro SET_PAUSE_AT_LAYER]',
  'variable_layer: 0',
  'gcode:',
  '  SET_GCODE_VARIABLE MACRO=SET_PAUSE_AT_LAYER VARIABLE=layer VALUE={params.LAYER|int}',
  '[gcode_macro SET_PRINT_STATS_INFO]',
  'rename_existing: SET_PRINT_STATS_INFO_BASE',
  'gcode:',
  '  {% set layer = printer["gcode_macro SET_PAUSE_AT_LAYER"].layer %}',
  '  {% if params.CURRENT_LAYER is defined and params.CURRENT_LAYER|int == layer|int %}',
  '    SET_GCODE_VARIABLE MACRO=SET_PAUSE_AT_LAYER VARIABLE=layer VALUE=0',
  '    PAUSE',
  '  {% endif %}',
  '  SET_PRINT_STATS_INFO_BASE {rawparams}',
  '[virtual_sdcard]',
  'on_error_gcode: CANCEL_PRINT',
  // The head is parked there.
  '[gcode_macro CANCEL_PRINT]',
  'rename_existing: CANCEL_PRINT_BASE',
  'gcode:',
  '  RESPOND MSG="the head is parked"',
  '  TURN_OFF_HEATERS',
  '  CANCEL_PRINT_BASE',
]
const printer = sharedPrinter({ macros })
const layers = printer.suite('the layers of sliced G-code on a real printer')

/** What the slicer seals of a small box. */
async function sliced(): Promise<MadeGcode> {
  const engine = await makeThree()
  const { gcode, stats } = await sliceWhole(engine, sliceable(box(10, 10, 2)), readProfile(testProfile()))
  return gcodeOf(gcode.toString().trimEnd().split('\n'), stats.layers)
}

layers.test('the interfaces show the current layer, and a failed print is reported with it', async fixture => {
  const { host, testEdge, market } = fixture
  const gcode = await sliced()
  const byte = byteAt(gcode, 0.6)
  host.relay.holdAt(byte)
  const job = await market.add(gcode)
  await untilHeld(host, byte)
  const printed = [...gcode.text.slice(0, byte).matchAll(/CURRENT_LAYER=(\d+)\n/g)].at(-1)?.[1]
  const { info } = (await klippy(host)).print_stats
  assert.equal([info.current_layer, (await host.client.printStats()).info.total_layer], [Number(printed), gcode.layers])
  assert.ok(Number(printed) > 1)
  await eventually('the edge has seen it', () => (job.progressReports.at(-1)?.progress ?? 0) > 0.5)
  await host.client.call('printer.print.cancel')
  assert.is((await reported(testEdge, job)).stats?.layers, Number(printed))
})

layers.test('"pause at layer" pauses there, and the print goes on to its end', async fixture => {
  const { host, testEdge, market } = fixture
  await host.client.call('printer.gcode.script', { script: 'SET_PAUSE_AT_LAYER LAYER=4' })
  const gcode = await sliced()
  const job = await market.add(gcode)
  await untilState(host, 'paused')
  assert.is((await klippy(host)).print_stats.info.current_layer, 4)
  await host.client.call('printer.print.resume')
  const report = await reported(testEdge, job)
  assert.equal([report.status, report.stats?.layers], ['success', gcode.layers])
  assert.is((await klippy(host)).print_stats.info.current_layer, gcode.layers)
})

const parked = 'echo: the head is parked'
const errors = printer.suite('a printer whose on_error_gcode is CANCEL_PRINT')

errors.test("an error of a line is reported as the printer's error, not as a person's cancel", async fixture => {
  const { host, testEdge, market } = fixture
  const job = await market.add(shortMoves(30, ['G1 X9001 F6000', 'G1 X100 E0.01']))
  const report = await reported(testEdge, job)
  await untilState(host, 'cancelled')
  assert.equal([report.status, report.stats?.reason], ['failure', 'error'])
  assert.match(report.error ?? '', 'Move out of range: 9001.000')
  assert.ok(host.client.console.includes(parked))
})

errors.test('an error of the end macro after the last extruding line is a success', async ({ testEdge, market }) => {
  const job = await market.add(shortMoves(30, ['G1 X9001 F6000']))
  const { status, stats } = await reported(testEdge, job)
  assert.equal([status, stats?.reason], ['success', 'error_at_end'])
})

errors.test("a person's cancel is reported as one, also after an error of a console command", async fixture => {
  const { host, testEdge } = fixture
  const { job } = await runningPrint(fixture)
  await host.client.call('printer.gcode.script', { script: 'SET_HEATER_TEMPERATURE HEATER=nowhere' }).catch(() => {})
  await host.client.call('printer.print.cancel')
  assert.is((await reported(testEdge, job)).stats?.reason, 'cancelled')
})

errors.test(
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

const facts = printer.suite('facts about a real printer for the marketplace')

facts.test(
  'facts are sent at the registration, and again only when Klipper starts with another configuration',
  async fixture => {
    const { host, market } = fixture
    const told = await eventually('the facts', () => market.facts[0])
    const start = told.macros.find(macro => macro.name === 'START_PRINT')
    assert.equal(start, { name: 'START_PRINT', params: ['EXTRUDER_TEMP', 'BED_TEMP'] })
    assert.equal([told.has_exclude_object, told.has_gcode_arcs, told.kinematics], [true, true, 'cartesian'])
    assert.equal([told.nozzle_diameter_mm, told.axis_max], [0.4, { x: 300, y: 300, z: 300 }])
    assert.equal(told.heaters.map(heater => [heater.name, heater.max_temp]).sort(), [
      ['extruder', 300],
      ['heater_bed', 300],
    ])
    assert.ok(told.commands.includes('EXCLUDE_OBJECT_DEFINE') && !told.commands.includes('START_PRINT'))
    await host.client.call('printer.firmware_restart')
    await eventually('Klipper is back', async () => {
      const { state } = (await host.client.call('printer.info').catch(() => ({ state: 'away' }))) as { state: string }
      return state === 'ready'
    })
    await fixture.testEdge.stopEdge()
    assert.is(market.facts.length, 1)
  },
)

printer.run()
