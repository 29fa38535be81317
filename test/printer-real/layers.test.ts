import * as assert from 'uvu/assert'
import { readProfile } from '../../slicer/profiles/profile.ts'
import { gcodeOf, type MadeGcode } from '../make/edge/gcode.ts'
import { eventually } from '../make/eventually.ts'
import { byteAt, klippy, printerSuite, reported, untilHeld, untilState } from '../make/printer-real/set-up.ts'
import { box } from '../make/slicer/models.ts'
import { testProfile } from '../make/slicer/profiles.ts'
import { sliceWhole } from '../make/slicer/slice.ts'
import { bundle, makeThree, sliceable } from '../make/slicer/three.ts'

/** The macros of the profile's start and end, and "pause at layer" as Mainsail's client.cfg has it. */
const macros = [
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
]
const { test, run } = printerSuite('the layers of sliced G-code on a real printer', { macros })

/** What the slicer seals of a small box. */
async function sliced(): Promise<MadeGcode> {
  const child = await bundle('slicer/engines/three/child.ts')
  try {
    const engine = await makeThree(child.path)
    const { gcode, stats } = await sliceWhole(engine, sliceable(box(10, 10, 2)), readProfile(testProfile()))
    return gcodeOf(gcode.toString().trimEnd().split('\n'), stats.layers)
  } finally {
    child.remove()
  }
}

test('the interfaces show the current layer, and a failed print is reported with it', async fixture => {
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

test('"pause at layer" pauses there, and the print goes on to its end', async fixture => {
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

run()
