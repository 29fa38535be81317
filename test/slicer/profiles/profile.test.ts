import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Settings } from '../../../schema/http/profiles.ts'
import { sliceSummary } from '../../../schema/http/slice.ts'
import { checkFits, isOnBed } from '../../../slicer/profiles/bed.ts'
import { type PrintProfile, readProfile } from '../../../slicer/profiles/profile.ts'
import { summarise } from '../../../slicer/profiles/summary.ts'
import { refusal } from '../../make/errors.ts'
import { testProfile } from '../../make/slicer/profiles.ts'

const test = suite('print profiles')

test('a profile of Orca is understood, whether its values are texts, numbers or lists of one', () => {
  const profile = read({ layer_height: 0.16, nozzle_temperature: [230, 240], hot_plate_temp: 'nil' })
  assert.is(profile.layerHeightMm, 0.16)
  assert.equal(profile.temperatures, { nozzle: 230, nozzleFirstLayer: 220, bed: 45, bedFirstLayer: 65, chamber: 0 })
  assert.equal(profile.bed.max, { x: 220, y: 220 })
  assert.equal(profile.filament, { type: 'PLA', name: '', colour: null, diameterMm: 1.75, densityGCm3: 1.24 })
})

test('a bed alone is enough: everything else has a default', () => {
  const machine = { printable_area: '0x0,200x0,200x180,0x180', printable_height: 150 }
  const profile = readProfile({ machine_settings: machine, process_settings: {}, filament: {} })
  assert.equal(profile.bed.max, { x: 200, y: 180 })
  assert.equal(profile.temperatures, { nozzle: 200, nozzleFirstLayer: 200, bed: 45, bedFirstLayer: 45, chamber: 0 })
  assert.equal([profile.nozzleDiameterMm, profile.layerHeightMm, profile.firstLayerHeightMm], [0.4, 0.2, 0.2])
})

test('a first layer of 0 is as high as the others, for the engines, too', () => {
  for (const zero of ['0', 0, ['0.0'], '0%']) {
    const profile = read({ initial_layer_print_height: zero, layer_height: '0.16' })
    assert.is(profile.firstLayerHeightMm, 0.16)
    assert.is(profile.settings.initial_layer_print_height, '0.16')
  }
})

test("the plate that is in the printer chooses the bed's temperature", () => {
  const textured = { curr_bed_type: 'Textured PEI Plate', textured_plate_temp: ['70'] }
  assert.is(read(textured).temperatures.bed, 70)
  assert.is(read({ curr_bed_type: 'Cool Plate' }).temperatures.bed, 60, 'the filament names none for that plate')
})

const nonsense: [string, Settings, RegExp][] = [
  ['no bed', { printable_area: [] }, /does not set printable_area/],
  ['a bed of NaN', { printable_area: ['0x0', 'NaNx0', '220x220', '0x220'] }, /cannot be read: "NaNx0"/],
  ['a bed of no width', { printable_area: ['0x0', '0x0', '0x220', '0x220'] }, /0 mm wide/],
  ['a bed of a hundred metres', { printable_area: ['0x0', '1e5x0', '220x220'] }, /100000 mm wide/],
  ['no height', { printable_height: '' }, /does not set printable_height/],
  ['a negative height', { printable_height: '-5' }, /printable_height is -5/],
  ['a cold nozzle', { nozzle_temperature: ['20'] }, /nozzle_temperature is 20: it must be 150 to 450/],
  ['a burning nozzle', { nozzle_temperature_initial_layer: ['900'] }, /must be 150 to 450/],
  ['a burning bed', { hot_plate_temp: ['300'] }, /hot_plate_temp is 300/],
  ['a word for a temperature', { nozzle_temperature: ['warm'] }, /is "warm": it must be a number/],
  ['layers of no height', { layer_height: '0' }, /layer_height is 0/],
  ['layers higher than the nozzle', { layer_height: '0.5' }, /higher than the nozzle/],
  ['a million walls', { wall_loops: '1000000' }, /wall_loops is 1000000/],
  ['no speed', { outer_wall_speed: '0' }, /outer_wall_speed is 0/],
]
for (const [what, changes, sentence] of nonsense) {
  test(`${what}: refused as profile_invalid`, async () => {
    assert.match(await refusal('profile_invalid', () => read(changes)), sentence)
  })
}

test('a profile of another shape is refused, not guessed at', async () => {
  const shapes = [null, [], {}, { ...testProfile(), filament: { nozzle_temperature: Infinity } }]
  for (const shape of shapes) await refusal('profile_invalid', () => readProfile(shape))
})

test('a model that the bed has no room for is refused with both sizes', async () => {
  const { bed } = read({})
  checkFits({ x: 220, y: 220, z: 240 }, bed)
  const message = await refusal('stl_exceeds_bed', () => checkFits({ x: 221, y: 10, z: 10 }, bed))
  assert.match(message, '221.0 x 10.0 x 10.0 mm; the printer has room for 220.0 x 220.0 x 240.0 mm')
  await refusal('stl_exceeds_bed', () => checkFits({ x: 10, y: 10, z: 240.1 }, bed))
})

test('a round bed ends where it is round', () => {
  const outline = Array.from({ length: 72 }, (_, step) => {
    const angle = (step * 2 * Math.PI) / 72
    return `${(100 * Math.cos(angle)).toFixed(3)}x${(100 * Math.sin(angle)).toFixed(3)}`
  })
  const { bed } = read({ printable_area: outline })
  assert.ok(isOnBed(bed, 99, 0) && isOnBed(bed, -70, -70) && isOnBed(bed, 100, 0))
  assert.not.ok(isOnBed(bed, 75, 75) || isOnBed(bed, 101, 0))
})

test("the printer's file list gets the weight from length, diameter and density", () => {
  const summary = sliceSummary.parse(summarise(read({}), 8, 1000))
  assert.is(summary.filament_weight_g, 2.98)
  assert.equal(
    [summary.object_height_mm, summary.first_layer_temperature_c, summary.first_layer_bed_temperature_c],
    [8, 220, 65],
  )
  assert.is(summarise(read({ filament_type: ['PETG'], filament_density: ['0'] }), 8, 1000).filament_weight_g, 3.05)
  assert.is(summarise(read({ filament_settings_id: ['Generic PLA'] }), 8, 1000).filament_name, 'Generic PLA')
})

test("the printer's file list gets the filament's colour and the chamber's temperature where the profile has them", () => {
  const shown = (changes: Settings) => {
    const { filament_colour: colour, chamber_temperature_c: chamber } = sliceSummary.parse(
      summarise(read(changes), 8, 1000),
    )
    return [colour, chamber]
  }
  assert.equal(shown({}), [undefined, undefined])
  assert.equal(shown({ filament_colour: ['#2196f3ff'], chamber_temperature: ['35'] }), ['#2196F3', 35])
  assert.equal(shown({ default_filament_colour: ['#00ff00'], chamber_temperature: ['0'] }), ['#00FF00', undefined])
  assert.equal(shown({ filament_colour: ['#1;G28'] }), [undefined, undefined])
})

test('a number that only shapes the print is brought into its bounds, and told as it is written', () => {
  const { settings, warnings } = read({ sparse_infill_density: '120%', brim_width: 'wide', wall_loops: '3' })
  assert.equal([settings.sparse_infill_density, settings.brim_width, settings.wall_loops], ['100%', undefined, '3'])
  assert.equal(warnings, [
    'sparse_infill_density is 120%, but must be 0 to 100: 100% is used.',
    'brim_width is "wide", which is not a number: the setting is ignored.',
  ])
})

test('null, nil, objects and numbers of other extruders are no value of this one', () => {
  const { settings, temperatures, warnings } = read({
    nozzle_temperature: ['nil', '240'],
    nozzle_temperature_initial_layer: ['245', 'nil'],
    retraction_length: ['0.5', '2'],
    filament_retraction_length: ['nil'],
    filament_z_hop: ['0.4'],
    layer_height: null,
    'Vendor.key': { nested: [1] },
  })
  assert.is(temperatures.nozzle, 245, "the first layer's")
  assert.equal(warnings, ['The filament names no nozzle_temperature: 245 degrees are used.'])
  assert.equal(
    [settings.retraction_length, settings.z_hop],
    [['0.5', '2'], ['0.4']],
    'a filament overrides its machine',
  )
  assert.equal([settings.layer_height, settings['Vendor.key']], [undefined, { nested: [1] }])
})

test.run()

function read(changes: Settings): PrintProfile {
  return readProfile(testProfile(changes))
}
