import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { printerFacts } from '../../../schema/http/printer-facts.ts'
import type { Settings } from '../../../schema/http/profiles.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { refusal } from '../../make/errors.ts'
import { squareBody } from '../../make/slicer/body.ts'
import { testProfile } from '../../make/slicer/profiles.ts'
import { assembleBody } from '../../make/slicer/slice.ts'

const test = suite("the profile's G-code fields")

test('the run-time values of the whole print are known in start G-code', async () => {
  const start = await startOf({
    machine_start_gcode:
      'M109 S{first_layer_temperature[initial_extruder]}\nM190 S[bed_temperature_initial_layer_single]\n' +
      'START_PRINT LAYERS=[total_layer_count] TOP={max_layer_z} FROM={first_layer_print_min[0]},{first_layer_print_min[1]} TO={first_layer_print_max[0]},{ first_layer_print_max[1] } NOZZLE={nozzle_diameter[0]}',
  })
  assert.ok(
    start.includes('M109 S220\nM190 S65\nSTART_PRINT LAYERS=3 TOP=0.6 FROM=100,100 TO=120,120 NOZZLE=0.4\n'),
    start,
  )
})

test('every name that OrcaSlicer gives a value in a print of one filament has it here', async () => {
  const stats = { layers: 3, estimated_time_s: 90_061, filament_mm: 100, warnings: [] }
  const fields = {
    nozzle_diameter: ['0.4', '0.6'],
    activate_air_filtration: ['1'],
    during_print_exhaust_fan_speed: ['60', '70'],
    additional_cooling_fan_speed: ['70'],
    filament_type: ['TPU'],
    machine_start_gcode:
      'G28\nTOOLS N={num_extruders} FIRST=[first_tools] {first_non_support_filaments[0]} NOW={current_hotend},{current_filament_id}\n' +
      'FANS P={during_print_exhaust_fan_speed_num[1]} [max_additional_fan] {is_all_bbl_filament} {has_tpu_in_first_layer}\n' +
      'TIME S=[print_time_sec] D=[print_time_day] SILENT=[silent_print_time] TOP={max_print_z}\n' +
      'NONE {in_head_wrap_detect_zone} {wipe_tower_center_pos_valid} [total_wipe_tower_cost] "[bed_temperature_initial_layer_vector]"\n' +
      'OBJECT [scale] "[physical_printer_preset]" V=[version]',
    filament_start_gcode: [
      '{if activate_air_filtration[current_extruder]}M106 P3 S{during_print_exhaust_fan_speed_num[current_extruder]}{endif}\n' +
        'BEGIN LAYER={layer_num} Z={layer_z}',
    ],
  }
  const start = await startOf(fields, { stats })
  for (const line of [
    'TOOLS N=2 FIRST=0 0 NOW=0,0',
    'FANS P=178 70 false true',
    'TIME S=90061 D=1 SILENT=N/A TOP=1',
    'NONE false false 0 ""',
    'OBJECT x:100% y:100% z:100% "" V=01.10.01.50',
    'M106 P3 S153',
    'BEGIN LAYER=-1 Z=0',
  ]) {
    assert.ok(start.includes(`${line}\n`), `${line} is not in\n${start}`)
  }
})

test("a designer's title is one word wherever a field asks for the model's name, and never a command", async () => {
  const machine_start_gcode = 'START_PRINT MODEL={model_name} BASE=[input_filename_base] FILE={input_filename}'
  const named = async (modelName: string | null) =>
    (await startOf({ machine_start_gcode }, { modelName })).split('\n').find(line => line.startsWith('START_PRINT'))
  assert.is(await named("Max's box"), 'START_PRINT MODEL=Max_s_box BASE=Max_s_box FILE=Max_s_box.stl')
  assert.is(await named('x\nM112\r;"{$'), 'START_PRINT MODEL=x_M112 BASE=x_M112 FILE=x_M112.stl')
  assert.is(await named(null), 'START_PRINT MODEL=model BASE=model FILE=model.stl')
})

test('a placeholder that is not known is refused by name', async () => {
  for (const unknown of ['[no_such_setting]', '{constructor}']) {
    const message = await refusal('profile_invalid', () => startOf({ machine_start_gcode: `PRINT_START ${unknown}` }))
    assert.match(message, unknown.slice(1, -1))
  }
})

test('heaters are set around start G-code that does not heat', async () => {
  assert.is(
    await startOf({ machine_start_gcode: 'PRINT_START' }),
    'M104 S220\nM190 S65\nG90\nPRINT_START\nM109 S220\nG90\nG21\nM83\nG92 E0\n',
  )
  assert.is(
    await startOf({ machine_start_gcode: ' ' }),
    'M104 S220\nM190 S65\nG90\nG28\nM109 S220\nG90\nG21\nM83\nG92 E0\n',
  )
  assert.match(
    await startOf({ machine_start_gcode: 'M104 S200\nPRINT_START' }),
    /^M190 S65\nG90\nM104 S200\nPRINT_START\nG90\n/,
  )
})

test('a start macro that is given temperatures heats by itself, as it does without a slicer that knows better', async () => {
  const own = 'G90\nG21\nM83\nG92 E0\n'
  for (const macro of [
    'START_PRINT EXTRUDER_TEMP=220 BED_TEMP=60',
    'PRINT_START HOTEND=220 BED=60 CHAMBER=0',
    "print_start bed=60 extruder='220'",
    'm140 s0\nM104 S0 ; mine\nPRINT_START TOOL=220',
  ]) {
    assert.is(await startOf({ machine_start_gcode: macro }), `G90\n${macro}\n${own}`)
  }
  assert.is(
    await startOf({ machine_start_gcode: 'START_PRINT EXTRUDER_TEMP=220' }),
    `M190 S65\nG90\nSTART_PRINT EXTRUDER_TEMP=220\n${own}`,
  )
})

test('a start G-code that neither homes nor calls a macro is homed first', async () => {
  assert.match(await startOf({ machine_start_gcode: 'M190 S60\nM109 S210\nG1 Z5' }), /G90\nG28\nM190/)
  for (const gcode of ['G28\nG1 Z5', 'g28 x\nG28', 'START_PRINT BED=60', 'M109 S210\nPRINT_START']) {
    assert.not.match(await startOf({ machine_start_gcode: gcode }), /G90\nG28\n(?!G1 Z5)/, gcode)
  }
})

test('a filament begins and ends with its own G-code, and with its pressure advance', async () => {
  const gcode = await wholeOf({
    file_start_gcode: '; made for {printer_model}',
    printer_model: 'Voron',
    filament_start_gcode: ['SET_RETRACTION RETRACT_LENGTH=0.5\nM82', 'never'],
    filament_end_gcode: ['; end of [filament_type] at {layer_z}'],
    enable_pressure_advance: ['1'],
    pressure_advance: ['0.035'],
  })
  assert.ok(
    gcode.includes(
      'BED=65\nG90\nG21\nM83\nSET_RETRACTION RETRACT_LENGTH=0.5\nM82\nSET_PRESSURE_ADVANCE ADVANCE=0.035\nG90\nG21\nM83\nG92 E0\n',
    ),
    gcode.slice(0, 500),
  )
  assert.ok(gcode.startsWith('; made for Voron\n'))
  assert.ok(gcode.endsWith('M107\n; end of PLA at 0.6\nPRINT_END\nM104 S0\nM140 S0\n'), gcode.slice(-200))
})

test('filament that the start says it has pulled back is pushed again before the model', async () => {
  const start = await startOf({
    machine_start_gcode: 'PRINT_START T=220 BED=60\n{e_retracted[initial_tool] = 1.5 * 2}',
  })
  assert.ok(start.endsWith('M83\nG92 E0\nG1 E3.000 F1800\n'), start)
})

test('what one field keeps in a global variable the others know', async () => {
  const gcode = await wholeOf({
    machine_start_gcode: '{global last = 5}PRINT_START T=220 BED=60',
    layer_change_gcode: '; [layer_num] {last}{last = last + 1}',
    machine_end_gcode: '; in the end {last}\nPRINT_END',
  })
  for (const line of ['; 0 5\n', '; 1 6\n', '; 2 7\n', '; in the end 8\n']) assert.match(gcode, line)
})

test('without end G-code the nozzle leaves the print, but not the printer', async () => {
  assert.match(await wholeOf({ machine_end_gcode: '' }), /M107\nG1 Z5\.60 F600\nM84\nM104 S0\nM140 S0\n$/)
  assert.match(await wholeOf({ machine_end_gcode: '', printable_height: '4' }), /M107\nG1 Z4\.00 F600\nM84\n/)
})

test('a chamber is heated where the printer has a macro for it', async () => {
  const changes = { activate_chamber_temp_control: ['1'], chamber_temperature: ['45'] }
  const printer = printerFacts.parse({ macros: [{ name: 'M191' }] })
  assert.match(await wholeOf(changes, { printer }), /^M191 S45\nG90\n/)
  assert.not.match(await wholeOf(changes, { printer: printerFacts.parse({}) }), 'M191')
  assert.not.match(await wholeOf({ ...changes, activate_chamber_temp_control: ['0'] }, { printer }), 'M191')
})

test("what would write to the printer's disk against a power loss is left out, and said", async () => {
  const profile = readProfile(
    testProfile({
      machine_start_gcode: 'G28\nsave_variable VARIABLE=a VALUE=1\nSAVE_LAST_FILE\nG1 Z5',
      machine_end_gcode: 'CLEAR_LAST_FILE',
    }),
  )
  const { gcode, warnings } = await assembleBody(squareBody(1), profile)
  assert.match(gcode.toString(), /G28\nG1 Z5/)
  assert.equal(warnings, [
    "Left out of the profile's G-code, since it writes to the printer's disk: SAVE_VARIABLE, SAVE_LAST_FILE, CLEAR_LAST_FILE.",
  ])
  assert.equal((await assembleBody(squareBody(1), readProfile(testProfile()))).warnings, [])
})

test.run()

async function wholeOf(changes: Settings, options: Parameters<typeof assembleBody>[2] = {}): Promise<string> {
  const { gcode } = await assembleBody(squareBody(3), readProfile(testProfile(changes)), options)
  return gcode.toString()
}

/** What stands before the first layer. */
async function startOf(changes: Settings, options: Parameters<typeof assembleBody>[2] = {}): Promise<string> {
  const gcode = await wholeOf(changes, options)
  return gcode.slice(0, gcode.indexOf('SET_PRINT_STATS_INFO'))
}
