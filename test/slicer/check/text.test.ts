import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type PrinterFacts, printerFacts } from '../../../schema/http/printer-facts.ts'
import type { Settings } from '../../../schema/http/profiles.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { refusal } from '../../make/errors.ts'
import { squareBody } from '../../make/slicer/body.ts'
import { testProfile } from '../../make/slicer/profiles.ts'
import { assembleBody } from '../../make/slicer/slice.ts'

const test = suite("the check of the profile's own G-code")
const home = 'M104 S210\nM140 S60\nG28\n'
const printer = printerFacts.parse({ axis_min: { x: -20, y: -5, z: -2 }, axis_max: { x: 300, y: 225, z: 250 } })

test('a purge strip beside the bed is normal, as far as the axes go', async () => {
  const purge = `${home}G1 X-10 Y20 Z0.3 F6000\nG1 Y200 E10 F1500\n`
  await check({ machine_start_gcode: purge })
  await check({ machine_start_gcode: purge }, printer)
  const narrow = printerFacts.parse({ axis_min: { x: 0, y: 0, z: 0 }, axis_max: { x: 220, y: 220, z: 240 } })
  assert.match(
    await refused({ machine_start_gcode: purge }, narrow),
    "machine_start_gcode line 4 moves to X -10: this printer's X begins at 0",
  )
})

test('a move off the axes is refused with its field, its line and where the axis ends', async () => {
  const lines = `${home}G90\nG1 Z5\nG1 Y3\nG1 X900 F3000\n`
  assert.match(
    await refused({ machine_start_gcode: lines }, printer),
    "machine_start_gcode line 7 moves to X 900: this printer's X ends at 300",
  )
  assert.match(
    await refused({ machine_start_gcode: lines }),
    'machine_start_gcode line 7 moves to X 900, far outside the bed (0 to 220)',
  )
  assert.match(
    await refused({ machine_end_gcode: 'G91\nG1 Z250' }, printer),
    "machine_end_gcode line 2 moves to Z 250.4: this printer's Z ends at 250",
  )
  assert.match(await refused({ layer_change_gcode: '; x\nG1 Y-6' }, printer), 'layer_change_gcode line 2 moves to Y -6')
  assert.match(await refused({ filament_end_gcode: ['G1 Z-11'] }), 'filament_end_gcode line 1 moves to Z -11')
})

for (const command of [
  ...['M112', 'm112', 'M 112', 'N3 M112*20', 'M112 ; now', '  M112', '5M112', 'FIRMWARE_RESTART', 'restart', 'M999'],
  ...['SAVE_CONFIG', 'RUN_SHELL_COMMAND CMD=x', 'SHELL X=1', 'MY_SHELL_COMMAND', 'SDCARD_PRINT_FILE FILENAME=x'],
  ...['STREAM_GCODE_LINE JOB=purch_1', 'M23 other.gcode', 'M28 x', 'M33', 'M500', 'FORCE_MOVE STEPPER=x', 'G18'],
  ...['PROBE_CALIBRATE', 'PID_CALIBRATE HEATER=extruder TARGET=1', 'SHAPER_CALIBRATE', 'TEST_RESONANCES AXIS=X'],
  ...['BED_MESH_PROFILE SAVE=x', 'SKEW_PROFILE SAVE=x', 'M303'],
]) {
  test(`"${command}" is refused wherever it stands`, async () => {
    for (const field of ['machine_start_gcode', 'before_layer_change_gcode', 'machine_end_gcode']) {
      assert.match(await refused({ [field]: `${home}${command}` }, printer), `${field} line 4 says`)
    }
    const body = squareBody(1, () => `${command}\n`)
    const message = await refusal('gcode_rejected', () => assembleBody(body, readProfile(testProfile())))
    assert.match(message, 'line 7 of layer 1 says')
  })
}

for (const command of [
  'RESPOND TYPE=command MSG="action:prompt_show"',
  'M118 hello ;<img src=x>',
  'PRINT_START X="<b>"',
]) {
  test(`"${command}" is refused: it is a dialog or markup to the interfaces`, async () => {
    assert.match(await refused({ machine_end_gcode: command }), 'machine_end_gcode line 1 shows')
  })
}

const tooHot: [string, RegExp][] = [
  ['M109 S900', /sets M109 to 900 degrees: a nozzle may have 450/],
  ['M190 S400', /sets M190 to 400 degrees: a bed may have 150/],
  ['M141 S200', /sets M141 to 200 degrees/],
  ['SET_HEATER_TEMPERATURE HEATER=extruder TARGET=900', /TEMPERATURE to 900/],
  ['SET_HEATER_TEMPERATURE HEATER=heater_bed TARGET=210', /a bed may have 150/],
  [`SET_HEATER_TEMPERATURE HEATER='extruder' T"ARG"ET=9"00"`, /to 900 degrees/],
  ['SET_HEATER_TEMPERATURE HEATER=extruder TARGET=0 TARGET=900', /to 900 degrees/],
  ['SET_HEATER_TEMPERATURE HEATER=extruder TARGET=hot', /a temperature should be/],
  ['START_PRINT EXTRUDER_TEMP=900', /START_PRINT EXTRUDER_TEMP to 900/],
]
for (const [command, sentence] of tooHot) {
  test(`"${command}" is refused`, async () => {
    const message = await refused({ machine_start_gcode: `${home}${command}` })
    assert.match(message, 'machine_start_gcode line 4')
    assert.match(message, sentence)
  })
}

test('words in comments and parameters are no commands', async () => {
  await check({ machine_start_gcode: `; M112\nM117 do not RESTART now\nPRINT_START NOTE="M112"` })
})

test('plastic needs a hot nozzle and a homed printer, in the start as in the model', async () => {
  const purge = 'G1 X10 Y10 Z1\nG1 X20 E5'
  assert.match(
    await refused({ machine_start_gcode: `M104 S0\nM140 S0\nG28\n${purge}` }),
    'machine_start_gcode line 5 extrudes before the nozzle was heated',
  )
  assert.match(
    await refused({ machine_start_gcode: 'M104 S0\nM140 S0\nPRINT_START' }),
    'begins before the nozzle was heated',
  )
  assert.match(
    await refused({ machine_start_gcode: 'M104 S210\nM140 S0\nG28 X Y\nSET_FAN_SPEED FAN=x SPEED=1' }),
    'begins before the printer was homed',
  )
  for (const start of [
    `M109 S210\nG28 X0 Y0\nG28 Z\n${purge}`,
    `SET_HEATER_TEMPERATURE HEATER=extruder TARGET=210\n_MY_HOMING\n${purge}`,
    `M104 S0\nM140 S0\nPRINT_START EXTRUDER=220 BED=60\n${purge}`,
    'M104 S200\nG28\nBED_MESH_CALIBRATE\nBED_MESH_PROFILE LOAD=default\nSET_GCODE_VARIABLE MACRO=a VARIABLE=b VALUE=1',
  ]) {
    await check({ machine_start_gcode: start })
  }
})

test('an origin that was moved has to be moved back before the model', async () => {
  const moved = `${home}G1 X10 Y10\nG92 X0\n`
  assert.match(await refused({ machine_start_gcode: moved }), /machine_start_gcode line \d+ moves the origin/)
  await check({ machine_start_gcode: `${moved}G1 X5\nG92 X15` })
  await check({ machine_start_gcode: `${moved}G28` })
  assert.match(await refused({ layer_change_gcode: 'G92 Z0' }), 'layer_change_gcode line 1 moves the origin')
  const told = await refused({
    machine_start_gcode: `${moved}G92 E0`,
    layer_change_gcode: '; a layer',
    filament_start_gcode: ['G92 E0'],
  })
  assert.match(told, 'machine_start_gcode line 5 moves the origin')
  await check({ layer_change_gcode: 'G92 E0' })
})

test.run()

function check(changes: Settings, facts: PrinterFacts | null = null) {
  return assembleBody(squareBody(2), readProfile(testProfile(changes)), { printer: facts })
}

function refused(changes: Settings, facts: PrinterFacts | null = null): Promise<string> {
  return refusal('gcode_rejected', () => check(changes, facts))
}
