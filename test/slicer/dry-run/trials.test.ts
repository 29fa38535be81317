/** Profiles made after public bug reports: each gets the answer that its kind deserves, before anything is paid for. */
import { readdirSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type PrinterFacts, printerFacts } from '../../../schema/http/printer-facts.ts'
import { profileRequest } from '../../../schema/http/profiles.ts'
import { checkProfile } from '../../../slicer/dry-run/check-profile.ts'
import { createLimit } from '../../../slicer/limit.ts'
import { machinesFile, readMachines } from '../../make/slicer/machines.ts'
import { testProfile } from '../../make/slicer/profiles.ts'

const test = suite('a dry run of a profile')
const folder = '../shared/trials/'
const engine = {
  name: 'test',
  version: '1',
  license: 'MIT',
  source_url: 'https://example.test',
  slice: () => assert.unreachable(),
}
const profiles = createLimit({ atOnce: 1, waiting: 0 })
const ctx = { clock: () => new Date(0), engines: [engine], profiles } as unknown as Parameters<typeof checkProfile>[0]

const printer = printerFacts.parse({
  macros: [
    { name: 'START_PRINT', params: ['EXTRUDER_TEMP', 'BED_TEMP'] },
    { name: 'END_PRINT' },
    { name: 'TIMELAPSE_TAKE_FRAME' },
  ],
  commands: ['G28', 'EXCLUDE_OBJECT_DEFINE'],
  has_gcode_arcs: false,
  has_exclude_object: true,
  axis_min: { x: -5, y: -5, z: -2 },
  axis_max: { x: 225, y: 225, z: 255 },
  heaters: [
    { name: 'extruder', min_temp: 0, max_temp: 260 },
    { name: 'heater_bed', min_temp: 0, max_temp: 110 },
  ],
  nozzle_diameter_mm: 0.4,
})

interface Answer {
  /** What the first fault says, and its code. */
  fault?: [string, RegExp]
  /** What is told; all of it. */
  warnings?: RegExp[]
}

const answers: Record<string, Answer> = {
  'profile-700-settings': {},
  'profile-arcs-labels-absolute-e': { warnings: [/does not understand arcs/] },
  'profile-end-gcode-conditions': {},
  'profile-filament-gcode-and-layer-gcode': {},
  'profile-filament-inherits-abs': {
    fault: ['profile_invalid', /"My black ABS" holds only its changes to "Generic ABS @System"/],
  },
  'profile-machine-inherits': { fault: ['profile_invalid', /"Mine" holds only its changes to "Some 350 0.4 nozzle"/] },
  'profile-macro-of-other-printer': {
    fault: ['profile_not_for_printer', /Your printer has no PRINT_START; it has START_PRINT\./],
  },
  'profile-nested-placeholder-silent': {},
  'profile-nil': {},
  'profile-ok': {},
  'profile-percents-silent': { warnings: [/outer_wall_speed is "50%"/] },
  'profile-percents': { warnings: [/initial_layer_print_height is "75%": read as 0.15/, /outer_wall_speed is "50%"/] },
  'profile-purge-left-of-bed': {},
  'profile-round-bed-exponents': {
    fault: ['profile_not_for_printer', /bed is from -150 to 150 mm in X; your printer reaches from -5 to 225/],
  },
  'profile-sum-in-placeholder': {},
  'profile-total-layer-count': {},
}

test('every trial is answered', () => {
  const files = readdirSync(folder).filter(name => /^profile-.*\.json$/.test(name))
  assert.equal(
    files.sort(),
    Object.keys(answers)
      .map(name => `${name}.json`)
      .sort(),
  )
})

for (const [name, { fault, warnings = [] }] of Object.entries(answers)) {
  test(name.replaceAll('-', ' '), async () => {
    const profile = profileRequest.parse(JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8')))
    const answer = await checkProfile(ctx, { profile, printer })
    if (fault) {
      assert.is(answer.faults[0]?.code, fault[0], JSON.stringify(answer))
      assert.match(answer.faults[0]?.message ?? '', fault[1])
      return
    }
    assert.equal(answer.faults, [])
    assert.is(answer.warnings.length, warnings.length, answer.warnings.join(' | '))
    for (const [index, warning] of warnings.entries()) assert.match(answer.warnings[index] ?? '', warning)
  })
}

test('a round bed is right for a round printer', async () => {
  const profile = profileRequest.parse(JSON.parse(readFileSync(`${folder}profile-round-bed-exponents.json`, 'utf8')))
  const round = { ...printer, axis_min: { x: -155, y: -155, z: 0 }, axis_max: { x: 155, y: 155, z: 400 } }
  assert.equal((await checkProfile(ctx, { profile, printer: round })).faults, [])
})

const unsuitable: [string, Partial<PrinterFacts>, RegExp][] = [
  ['a nozzle of another size', { nozzle_diameter_mm: 0.6 }, /nozzle of 0.4 mm; your printer has one of 0.6 mm/],
  ['a smaller bed', { axis_max: { x: 180, y: 250, z: 250 } }, /0 to 220 mm in X; your printer reaches from -5 to 180/],
  [
    'a heater that may not be so hot',
    { heaters: [{ name: 'extruder', min_temp: 0, max_temp: 210 }] },
    /needs 220 degrees at the nozzle; your printer allows at most 210 there/,
  ],
  [
    'another name of a macro',
    {
      macros: [
        { name: 'PRINT_END', params: [] },
        { name: 'START_PRINT', params: [] },
      ],
    },
    /no PRINT_START; it has START_PRINT/,
  ],
]
for (const [what, facts, sentence] of unsuitable) {
  test(`${what} is refused`, async () => {
    const own = {
      ...printer,
      macros: [
        { name: 'PRINT_START', params: [] },
        { name: 'PRINT_END', params: [] },
      ],
    }
    const { faults } = await checkProfile(ctx, { profile: testProfile(), printer: { ...own, ...facts } })
    assert.equal(
      faults.map(({ code }) => code),
      ['profile_not_for_printer'],
    )
    assert.match(faults[0]?.message ?? '', sentence)
    assert.equal((await checkProfile(ctx, { profile: testProfile(), printer: own })).faults, [])
  })
}

test("a temperature of the profile's own G-code that the printer does not allow is refused before anyone pays", async () => {
  const heaters = [
    { name: 'extruder', min_temp: 0, max_temp: 260 },
    { name: 'heater_bed', min_temp: 0, max_temp: 100 },
  ]
  const toldOf = async (line: string) => {
    const profile = testProfile({ machine_start_gcode: `G28\n${line}\nM109 S220\nM190 S60`, machine_end_gcode: 'M84' })
    const { faults } = await checkProfile(ctx, { profile, printer: { ...printer, heaters } })
    return faults.map(({ message }) => message).join()
  }
  for (const line of [
    'M104 S{nozzle_temperature_initial_layer[0] + 50}',
    'M109 S270',
    'SET_HEATER_TEMPERATURE HEATER=extruder TARGET=270',
  ])
    assert.match(await toldOf(line), /sets the nozzle to 270 degrees; your printer allows at most 260 there/)
  for (const line of ['M140 S110', 'SET_HEATER_TEMPERATURE HEATER="heater_bed" TARGET=110'])
    assert.match(await toldOf(line), /sets the bed to 110 degrees; your printer allows at most 100 there/)
  for (const line of ['M104 S260', 'M190 S100', 'M104 T1 S300', 'M117 S300']) assert.is(await toldOf(line), '')
})

test('a parameter that a macro does not read, and a chamber that is not there, are told', async () => {
  const macros = [
    { name: 'PRINT_START', params: ['EXTRUDER', 'BED_TEMP'] },
    { name: 'PRINT_END', params: [] },
  ]
  const profile = testProfile({ chamber_temperature: ['60'], activate_chamber_temp_control: ['1'] })
  const { warnings } = await checkProfile(ctx, { profile, printer: { ...printer, macros } })
  assert.equal(warnings, [
    'The filament needs a chamber of 60 degrees; your printer has no chamber heater.',
    "Your printer's PRINT_START does not read BED; it reads EXTRUDER, BED_TEMP.",
  ])
})

test('an error in a G-code field is told with its place, before anything is sliced', async () => {
  const profile = testProfile({ layer_change_gcode: ';one\nG1 Z{layer_z +}' })
  const { faults } = await checkProfile(ctx, { profile, printer: null })
  assert.is(faults[0]?.code, 'profile_invalid')
  assert.match(faults[0]?.message ?? '', 'layer_change_gcode')
})

test('overrides count in it: they decide which G-code is taken', async () => {
  const profile = testProfile({ layer_change_gcode: '{if enable_support}G1 Z{nothing}{endif}', enable_support: '0' })
  assert.equal((await checkProfile(ctx, { profile, printer: null })).faults, [])
  const { faults } = await checkProfile(ctx, { profile, printer: null, overrides: { supports: 'normal' } })
  assert.match(faults[0]?.message ?? '', 'nothing')
})

test('the machines that OrcaSlicer ships pass, but for those whose start G-code does what no print may', async () => {
  const refused = new Map<string, string>()
  for (const { name, profile } of readMachines(machinesFile)) {
    const { faults } = await checkProfile(ctx, { profile, printer: null })
    if (faults[0]) refused.set(name, faults[0].message)
  }
  for (const name of ['FlyingBear S1 0.4 nozzle', 'InfiMech TX 0.4 nozzle', 'InfiMech TX HSN 0.4 nozzle']) {
    assert.match(refused.get(name) ?? '', 'SET_KINEMATIC_POSITION')
    refused.delete(name)
  }
  assert.equal([...refused], [])
})

test.run()
