/** The same setting in the ways that exports, forks and hands write it. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Setting, Settings } from '../../../schema/http/profiles.ts'
import { lookup } from '../../../slicer/profiles/lookup.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { testProfile } from '../../make/slicer/profiles.ts'

const test = suite('spellings of settings')
const read = (changes: Settings) => readProfile(testProfile(changes))

const nil: Setting[] = [['nil'], ['NIL'], [' Nil '], 'nil', [['nil']], [null], null]
for (const spelling of nil) {
  test(`${JSON.stringify(spelling)} of a filament leaves its machine's value`, () => {
    const { settings, warnings } = read({ retraction_length: ['0.7'], filament_retraction_length: spelling })
    assert.equal([settings.retraction_length, warnings], [['0.7'], []])
  })
}

const two: Setting[] = [
  ['215', '225'],
  '215,225',
  '215;225',
  ' 215 , 225 ',
  [['215'], ['225']],
  [215, 225],
  ['2.15e2', '225'],
]
for (const spelling of two) {
  test(`${JSON.stringify(spelling)} is one temperature for each extruder`, () => {
    const profile = read({ nozzle_temperature: spelling, nozzle_diameter: ['0.4', '0.4'] })
    assert.is(profile.temperatures.nozzle, 215)
    assert.equal(lookup(profile, {})('nozzle_temperature'), { type: 'int', values: [215, 225] })
  })
}

for (const spelling of ['15%', ' 15 % ', '1.5e1%', 15, ['15%']]) {
  test(`${JSON.stringify(spelling)} is a density of 15%`, () => {
    const { settings, warnings } = read({ sparse_infill_density: spelling })
    assert.equal([Number.parseFloat(String(settings.sparse_infill_density)), warnings], [15, []])
    assert.not.match(String(settings.sparse_infill_density), /\s/)
  })
}

test('G-code as a list of lines is all of it, and that of each extruder stays its own', () => {
  const { written } = read({
    machine_start_gcode: ['G28', 'START_PRINT'],
    filament_start_gcode: ['M117 a; b', 'M117 b'],
  })
  assert.is(written.machine_start_gcode, 'G28\nSTART_PRINT')
  assert.equal(written.filament_start_gcode, ['M117 a; b', 'M117 b'])
})

test('a bed of points keeps them, whatever is between them', () => {
  const square = { min: { x: 0, y: 0 }, max: { x: 220, y: 220 } }
  const corners = ['0x0', '220x0', '220x220', '0x220']
  for (const spelling of [corners, corners.join(','), corners.map(corner => corner.split('x'))]) {
    const { bed } = read({ printable_area: spelling })
    assert.equal([bed.min, bed.max], [square.min, square.max])
  }
})

test('what should be a number and is none is ignored by name, and refused where a print depends on it', () => {
  const { settings, warnings } = read({ outer_wall_line_width: '0,45', skirt_height: 'two', gcode_comments: 'true' })
  assert.equal(
    [settings.outer_wall_line_width, settings.skirt_height, settings.gcode_comments],
    [undefined, undefined, 'true'],
  )
  assert.equal(warnings, [
    'outer_wall_line_width is "0,45", which is no number: the setting is ignored.',
    'skirt_height is "two", which is no number: the setting is ignored.',
  ])
  const isTrue = read({ outer_wall_line_width: 'true' })
  assert.is(isTrue.settings.outer_wall_line_width, undefined)
  assert.equal(isTrue.warnings, ['outer_wall_line_width is "true", which is no number: the setting is ignored.'])
  for (const setting of ['layer_height', 'outer_wall_speed', 'nozzle_temperature', 'printable_height']) {
    assert.throws(() => read({ [setting]: '0.2 mm' }), new RegExp(setting))
  }
})

test.run()
