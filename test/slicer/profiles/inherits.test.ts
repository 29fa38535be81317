import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ProfileContents, Settings } from '../../../schema/http/profiles.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { refusal } from '../../make/errors.ts'
import { testProfile } from '../../make/slicer/profiles.ts'

const test = suite('presets that inherit')

const whole = testProfile()
const read = (changes: Partial<ProfileContents>) => readProfile({ ...whole, ...changes })

test('an ABS filament of a parent in the catalogue has its temperatures', () => {
  const { temperatures, filament, settings, warnings } = read({
    filament: { inherits: 'Generic ABS', name: 'My black ABS', filament_flow_ratio: ['0.97'] },
  })
  assert.equal([filament.type, temperatures.nozzle, temperatures.bed], ['ABS', 270, 90])
  assert.equal(settings.filament_flow_ratio, ['0.97'], 'what it says itself counts')
  assert.match(warnings.join(), /inherits from "Generic ABS".*no G-code/)
})

test('a parent that is nowhere is named, with how to export the whole', async () => {
  const parts: [keyof ProfileContents, string, Settings][] = [
    ['filament', 'filament', { filament_flow_ratio: ['0.97'] }],
    ['process_settings', 'process', { wall_loops: '4' }],
    ['machine_settings', 'machine', { machine_start_gcode: 'START_PRINT' }],
  ]
  for (const [field, kind, own] of parts) {
    const changes = { [field]: { ...own, name: 'Mine', inherits: 'Nobody’s preset @here' } }
    const message = await refusal('profile_invalid', () => read(changes))
    assert.match(message, `The ${kind} preset "Mine" holds only its changes to "Nobody’s preset @here"`)
    assert.match(message, 'save the project')
  }
})

test('a machine of a parent in the catalogue needs G-code of its own: the catalogue has none', async () => {
  const changes: Settings = { inherits: 'Voron 2.4 350 0.4 nozzle', name: 'Mine', machine_start_gcode: 'PRINT_START' }
  const message = await refusal('profile_invalid', () => read({ machine_settings: changes }))
  assert.match(message, 'which does not set machine_end_gcode')
  const { bed } = read({ machine_settings: { ...changes, machine_end_gcode: 'PRINT_END' } })
  assert.equal([bed.max, bed.heightMm], [{ x: 350, y: 350 }, 325])
})

test('a preset that is whole names its parent for nothing', () => {
  const many = Object.fromEntries(
    ['cool', 'eng', 'hot', 'textured', 'textured_cool', 'supertack'].flatMap(plate => [
      [`${plate}_plate_temp`, ['60']],
      [`${plate}_plate_temp_initial_layer`, ['60']],
    ]),
  )
  const overrides = Object.fromEntries(
    'retraction_length z_hop z_hop_types retraction_speed deretraction_speed retract_restart_extra wipe wipe_distance'
      .split(' ')
      .map(name => [`filament_${name}`, ['nil']]),
  )
  const other = Object.fromEntries(
    (
      'filament_cost filament_density filament_diameter filament_flow_ratio filament_max_volumetric_speed filament_soluble ' +
      'filament_vendor filament_start_gcode filament_end_gcode fan_min_speed fan_max_speed overhang_fan_speed slow_down_min_speed ' +
      'slow_down_layer_time fan_cooling_layer_time close_fan_the_first_x_layers full_fan_speed_layer pressure_advance filament_settings_id'
    )
      .split(' ')
      .map(name => [name, ['1']]),
  )
  const filament = {
    ...many,
    ...overrides,
    ...other,
    ...whole.filament,
    nozzle_temperature: ['243'],
    inherits: 'Nobody’s',
  }
  const { temperatures, warnings } = read({ filament })
  assert.is(temperatures.nozzle, 243)
  assert.equal(warnings, [])
})

test.run()
