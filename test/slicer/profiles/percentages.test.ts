import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Settings } from '../../../schema/http/profiles.ts'
import { absoluteOf, resolvePercentages } from '../../../slicer/profiles/percentages.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { testProfile } from '../../make/slicer/profiles.ts'

const test = suite('percentages in a profile')

test('a percentage is that part of the setting that Orca relates it to', () => {
  const settings: Settings = {
    nozzle_diameter: ['0.4'],
    line_width: '105%',
    outer_wall_speed: ['120'],
    small_perimeter_speed: ['50%', '25%'],
    overhang_4_4_speed: '10%',
    infill_anchor: '400%',
    sparse_infill_line_width: '110%',
  }
  const { settings: resolved, warnings } = resolvePercentages(settings)
  assert.equal(resolved, {
    ...settings,
    line_width: '0.42',
    small_perimeter_speed: ['60', '30'],
    overhang_4_4_speed: '12',
    infill_anchor: '1.76',
    sparse_infill_line_width: '0.44',
  })
  assert.equal(warnings, [], 'it is what Orca does')
})

test('a percentage as PrusaSlicer takes it is read as there, and told', () => {
  const { settings, warnings } = resolvePercentages({
    layer_height: '0.2',
    initial_layer_print_height: '75%',
    inner_wall_speed: ['80'],
    outer_wall_speed: ['50%'],
  })
  assert.equal([settings.initial_layer_print_height, settings.outer_wall_speed], ['0.15', ['40']])
  assert.equal(warnings, [
    'initial_layer_print_height is "75%": read as 0.15, that part of layer_height.',
    'outer_wall_speed is "50%": read as 40, that part of inner_wall_speed.',
  ])
})

test('a percentage that has no meaning is ignored by name, never read as a number', () => {
  const { settings, warnings } = resolvePercentages({
    travel_speed: '50%',
    fan_max_speed: ['80%'],
    printer_notes: '9%',
  })
  assert.equal(settings, { fan_max_speed: ['80'], printer_notes: '9%' })
  assert.equal(warnings, ['travel_speed is "50%", but the setting takes no percentage: it is ignored.'])
})

test('percentages that refer to each other end', () => {
  assert.is(absoluteOf({ outer_wall_speed: '50%', inner_wall_speed: '50%' }, 'outer_wall_speed', '50%'), null)
})

test('a percentage of another extruder is no matter of this print', () => {
  const { settings, warnings } = readProfile(testProfile({ initial_layer_speed: ['30', '50%'] }))
  assert.is((settings.initial_layer_speed as string[])[0], '30')
  assert.equal(warnings, [])
})

test.run()
