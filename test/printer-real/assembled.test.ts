import { existsSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { printerFacts } from '../../schema/http/printer-facts.ts'
import type { Settings } from '../../schema/http/profiles.ts'
import { gcodeOf } from '../make/edge/gcode.ts'
import { assembledGcode, type SlicedBody, slicedBodies } from '../make/printer-real/assembled.ts'
import { type Fixture, klippy, printerSuite, reported } from '../make/printer-real/set-up.ts'
import { prusaProgram } from '../make/slicer/prusa.ts'

/** A start macro as for adaptive meshes and purges: without an outline it could not know where to probe. */
const macros = [
  '[exclude_object]',
  '[gcode_arcs]',
  '[gcode_macro START_PRINT]',
  'gcode:',
  '  {% set points = printer.exclude_object.objects | map(attribute="polygon") | sum(start=[]) %}',
  '  {% set xs = points | map(attribute=0) | list %}',
  '  {% if points | length < 3 %}',
  '    { action_raise_error("no outline to probe") }',
  '  {% endif %}',
  '  { action_respond_info("mesh of %d layers from %.1f to %.1f" % (params.LAYERS | int, xs | min, xs | max)) }',
  '  M140 S{params.BED_TEMP | default(60) | float}',
  '  G28',
  '  M104 S{params.EXTRUDER_TEMP | float}',
  '[gcode_macro END_PRINT]',
  'gcode:',
  '  TURN_OFF_HEATERS',
  '  M84',
  '[gcode_macro TIMELAPSE_TAKE_FRAME]',
  'variable_frames: 0',
  'gcode:',
  '  SAVE_GCODE_STATE NAME=frame',
  '  G91',
  '  G1 Z1 F6000',
  '  SET_GCODE_VARIABLE MACRO=TIMELAPSE_TAKE_FRAME VARIABLE=frames VALUE={frames + 1}',
  '  RESTORE_GCODE_STATE NAME=frame MOVE=1',
]
const { test, skip, run } = printerSuite('assembled G-code on a printer with objects, arcs and macros', { macros })

const fields: Settings = {
  machine_start_gcode:
    'START_PRINT EXTRUDER_TEMP=[nozzle_temperature_initial_layer] BED_TEMP=[bed_temperature_initial_layer_single] LAYERS=[total_layer_count]\n' +
    'G1 X{first_layer_print_min[0] - 3} Y{first_layer_print_min[1]} Z0.3 F6000\nG1 Y{first_layer_print_max[1]} E5 F1500',
  machine_end_gcode:
    '{if max_layer_z < printable_height}G1 Z{min(max_layer_z + 2, printable_height)} F600{endif}\nEND_PRINT',
  before_layer_change_gcode: ';[layer_z]\nG92 E0',
  time_lapse_gcode: 'TIMELAPSE_TAKE_FRAME',
  filament_start_gcode: ['SET_PRESSURE_ADVANCE ADVANCE=0.02'],
}
const facts = printerFacts.parse({
  has_exclude_object: true,
  has_gcode_arcs: true,
  axis_min: { x: 0, y: 0, z: 0 },
  axis_max: { x: 300, y: 300, z: 300 },
})

test('models run to their end, and the start macro knows the outline of each', async fixture => {
  for (const body of await slicedBodies('three')) await runsToItsEnd(fixture, body)
})

const testWithPrusa = existsSync(prusaProgram) ? test : skip
testWithPrusa('models that PrusaSlicer has sliced run to their end as well', async fixture => {
  for (const body of await slicedBodies('prusa')) await runsToItsEnd(fixture, body)
})

test('an arc of the engine and one of the profile run as they are', async ({ host, market }) => {
  const body =
    ';LMNT_LAYER n=0 z=0.3 height=0.3\nG1 X100 Y100 Z0.3 F6000\nG3 X120 Y100 I10 J0 E2 F1800\nG2 X100 Y100 I-10 J0 E2\n'
  const arc = { name: 'arcs', body, outline: [] }
  const start = `${fields.machine_start_gcode}\nG1 X20 Y20 Z5\nG2 X40 Y20 I10 J0`
  const gcode = await assembledGcode(arc, { ...fields, machine_start_gcode: start }, facts)
  assert.is(gcode.text.match(/^G[23] /gm)?.length, 3)
  const report = await reported({ market }, await market.add(gcode))
  assert.is(report.status, 'success', report.error)
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcodeOf(gcode.text.trimEnd().split('\n')).sha256)
})

run()

async function runsToItsEnd({ host, market }: Fixture, body: SlicedBody): Promise<void> {
  const gcode = await assembledGcode(body, fields, facts)
  host.client.console.length = 0
  const report = await reported({ market }, await market.add(gcode))
  assert.is(report.status, 'success', `${body.name}: ${report.error}`)
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256, body.name)
  const [said = ''] = host.client.console.filter(line => line.includes('mesh of'))
  const [, layers, min, max] = /mesh of (\d+) layers from ([\d.]+) to ([\d.]+)/.exec(said) ?? []
  assert.is(Number(layers), gcode.layers, said)
  assert.ok(Number(min) < 110 && Number(max) > 110 && Number(max) - Number(min) < 60, said)
}
