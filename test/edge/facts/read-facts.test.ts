import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readFacts } from '../../../edge/facts/read-facts.ts'

const test = suite('what the edge reads of its printer')

const settings = {
  printer: { kinematics: 'corexy', max_velocity: 300 },
  mcu: { serial: '/dev/serial/by-id/usb-Klipper_1234', canbus_uuid: 'abcdef012345' },
  extruder: { nozzle_diameter: 0.6, min_temp: 0, max_temp: 290, step_pin: 'PB1' },
  heater_bed: { min_temp: 0, max_temp: 120 },
  'heater_generic chamber heater': { min_temp: 0, max_temp: 70 },
  gcode_arcs: { resolution: 0.1 },
  'gcode_macro print_start': {
    gcode: `{% set bed = params.BED|default(60)|float %}
      {% if 'CHAMBER' in params %}M141 S{params["CHAMBER"]}{% endif %}
      M104 S{params.get('extruder', 200)} ; {params.BED}`,
  },
  'gcode_macro _PRIVATE': { gcode: 'G28 {rawparams}' },
}
const toolhead = { axis_minimum: [-5, 0, -2, 0], axis_maximum: [350, 355, 340, 0] }

test('macros with their parameters, limits, heaters and what the configuration has', () => {
  assert.equal(
    readFacts({ configfile: { settings }, toolhead }, { PRINT_START: '', BED_MESH_CALIBRATE: 'mesh', G28: '' }),
    {
      macros: [
        { name: 'PRINT_START', params: ['BED', 'CHAMBER', 'EXTRUDER'] },
        { name: '_PRIVATE', params: [] },
      ],
      commands: ['BED_MESH_CALIBRATE', 'G28'],
      has_gcode_arcs: true,
      has_exclude_object: false,
      axis_min: { x: -5, y: 0, z: -2 },
      axis_max: { x: 350, y: 355, z: 340 },
      heaters: [
        { name: 'extruder', min_temp: 0, max_temp: 290 },
        { name: 'heater_bed', min_temp: 0, max_temp: 120 },
        { name: 'heater_generic chamber heater', min_temp: 0, max_temp: 70 },
      ],
      nozzle_diameter_mm: 0.6,
      kinematics: 'corexy',
    },
  )
})

test('no address, pin or text of a macro is sent', () => {
  const told = JSON.stringify(readFacts({ configfile: { settings }, toolhead }, {}))
  for (const secret of ['usb-Klipper', 'abcdef', 'PB1', 'default(60)', 'rawparams'])
    assert.not.ok(told.includes(secret))
})

test('a missing value is null, and an invalid one is not sent', () => {
  assert.is(readFacts({}, {}), null)
  const odd = {
    'gcode_macro Ünïcode': { gcode: 'G28' },
    'gcode_macro FINE': {},
    extruder: { nozzle_diameter: -1, max_temp: 'hot' },
  }
  const facts = readFacts({ configfile: { settings: odd }, toolhead: null }, { 'bad name': '' })
  assert.equal(facts?.macros, [{ name: 'FINE', params: [] }])
  assert.equal([facts?.commands, facts?.heaters, facts?.nozzle_diameter_mm, facts?.axis_max], [[], [], null, null])
})

test('a configuration with thousands of macros is cut to the limit of the marketplace', () => {
  const many = Object.fromEntries(
    Array.from({ length: 3000 }, (_, index) => [`gcode_macro M_${index}`, { gcode: '{params.A}' }]),
  )
  const help = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`C_${index}`, '']))
  const facts = readFacts({ configfile: { settings: many }, toolhead }, help)
  assert.equal([facts?.macros.length, facts?.commands.length], [500, 1000])
})

test.run()
