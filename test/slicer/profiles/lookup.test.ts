import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Settings } from '../../../schema/http/profiles.ts'
import { lookup } from '../../../slicer/profiles/lookup.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { testProfile } from '../../make/slicer/profiles.ts'

const test = suite('names for the G-code of a profile')

const find = (changes: Settings) =>
  lookup(readProfile(testProfile(changes)), { layer_z: { type: 'float', value: 0.4 } })

test('a setting has the type that Orca gives it, and its default where the profile is silent', () => {
  const named = find({ travel_speed: ['300', '200'], nozzle_temperature: ['215', 'nil'], enable_support: '1' })
  assert.equal(named('travel_speed'), { type: 'float', values: [300, 200] })
  assert.equal(named('nozzle_temperature'), { type: 'int', values: [215, null] })
  assert.equal(named('enable_support'), { type: 'bool', value: true })
  assert.equal(named('sparse_infill_density'), { type: 'percent', value: 15 })
  assert.equal(named('printable_height'), { type: 'float', value: 240 })
  assert.equal(named('top_shell_layers'), { type: 'int', value: 4 })
  assert.equal(named('no_such_setting'), undefined)
  assert.equal(named('constructor'), undefined)
})

test('a percentage is known both ways, as it is written and in the unit of the setting', () => {
  const named = find({
    line_width: '105%',
    outer_wall_line_width: '0',
    outer_wall_speed: ['100'],
    small_perimeter_speed: '50%',
  })
  assert.equal(named('line_width'), { type: 'float_or_percent', value: { number: 0.42, text: '105%' } })
  assert.equal(named('outer_wall_line_width'), { type: 'float_or_percent', value: { number: 0.42, text: '0' } })
  assert.equal(named('small_perimeter_speed'), { type: 'float_or_percent', values: [{ number: 50, text: '50%' }] })
})

test('a first layer without temperatures of its own has those of the others', () => {
  for (const left of [['nil'], [''], '', [null]]) {
    const named = find({
      nozzle_temperature: ['250', '240'],
      nozzle_temperature_initial_layer: left,
      hot_plate_temp: ['105'],
      hot_plate_temp_initial_layer: left,
    })
    for (const name of ['nozzle_temperature_initial_layer', 'first_layer_temperature']) {
      assert.equal(named(name), { type: 'int', values: [250, 240] })
    }
    assert.equal(named('hot_plate_temp_initial_layer'), { type: 'int', values: [105] })
  }
})

test('older names are those of the settings that they became', () => {
  const named = find({
    curr_bed_type: 'Textured PEI Plate',
    textured_plate_temp: ['70'],
    textured_plate_temp_initial_layer: ['75'],
  })
  assert.equal(named('first_layer_temperature'), { type: 'int', values: [220] })
  assert.equal(named('temperature'), { type: 'int', values: [215] })
  assert.equal(named('first_layer_bed_temperature'), { type: 'int', values: [75] })
  assert.equal(named('bed_temperature'), { type: 'int', values: [70] })
  assert.equal(named('bed_temperature_initial_layer_single'), { type: 'int', value: 75 })
  assert.equal(named('max_print_height'), { type: 'float', value: 240 })
})

test("a vendor's own setting is what it looks like", () => {
  const named = find({ a_HS: ['3', '4'], b: '0.5', c: '15%', d: 'text', e: true, f: { x: 1 }, g: ['1', 'two'] })
  assert.equal(
    ['a_HS', 'b', 'c', 'd', 'e', 'f', 'g'].map(name => named(name)?.type),
    ['int', 'float', 'percent', 'string', 'bool', 'string', 'string'],
  )
})

test('what a print makes known comes before what was set', () => {
  assert.equal(find({ layer_z: '7' })('layer_z'), { type: 'float', value: 0.4 })
})

test('the plate is the machine’s usual one where nobody chose one', () => {
  assert.equal(find({ default_bed_type: '4' })('curr_bed_type'), { type: 'enum', value: 'Textured PEI Plate' })
  assert.equal(find({})('curr_bed_type'), { type: 'enum', value: 'High Temp Plate' })
})

test.run()
