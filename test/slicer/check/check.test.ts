import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { normaliseGcode } from '../../../schema/gcode/normalise.ts'
import { checkGcode } from '../../../slicer/check/check.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { refusal } from '../../make/errors.ts'
import { testProfile } from '../../make/slicer/profiles.ts'

const test = suite('the check of G-code')
const { bed } = readProfile(testProfile())
const start = 'M104 S210\nG28\nG90\nM83\nG1 Z0.2 F600\nG1 X50 Y50\n'
const line = 'G1 X60 Y50 E0.5\n'

test('an ordinary print passes, unchanged', async () => {
  const gcode = `${start}${line}; LAYER 1\n\n  g1 x70y50e.5 ; no spaces\nN12 G1 X70 Y60 E1*33\nM106 S255\nT0\nM117 Printing\nEND_PRINT\n`
  assert.is(await check(gcode), gcode)
})

const refused: [string, string, RegExp][] = [
  ['a move beside the bed', `${start}G1 X220.1 Y50\n`, /line 7 moves to X 220.1 Y 50, which is outside/],
  ['a move before the bed', `${start}G0 Y-0.1\n`, /line 7 .*outside/],
  ['a move above the ceiling', `${start}G1 Z240.1\n`, /Z 240.1, but the printer has 0 to 240/],
  ['a move into the bed', `${start}G1 Z-0.1\n`, /Z -0.1/],
  ['steps that lead off the bed', `${start}G91\n${'G1 X40\n'.repeat(5)}`, /line 12 moves to X 250/],
  ['a move off the bed by a moved origin', `${start}G92 X0\nG1 X180\n`, /line 8 moves to X 230/],
  ['an arc that swings off the bed', `${start}G0 X200 Y100\nG3 X200 Y140 I0 J20.5\nG2 X200 Y90 I0 J-25\n`, /outside/],
  ['an arc off the bed, its ends on it', `${start}G0 X210 Y100\nG3 X210 Y140 I0 J20\n`, /X 230 Y 120/],
  ['plastic at an unknown height', 'M104 S210\nG28\nG90\nM83\nG1 X10 Y10\nG1 X20 E1\n', /line 6 extrudes before/],
  ['plastic after homing again', `${start}${line}G28 X\nG1 Y60 E1\n`, /before X, Y and Z are known/],
  ['plastic from a cold nozzle', `G28\nG90\nM83\nG1 X10 Y10 Z1\n${line}`, /line 5 extrudes before the nozzle/],
  [
    'a number of layers for a temperature',
    `SET_PRINT_STATS_INFO TOTAL_LAYER=210\n${start.slice(10)}${line}`,
    /before the nozzle/,
  ],
  ['a nozzle that was only turned off', `M104 S0\nPRINT_START\n${start.slice(10)}${line}`, /before the nozzle/],
  ['a number that is none', `${start}G1 X1.2.3\n`, /line 7 has "X1.2.3" where a number/],
  ['a nozzle that is too hot', `M109 S900\n${start}${line}`, /line 1 sets M109 to 900 degrees: a nozzle may have 450/],
  ['a bed that is too hot', `${start}M190 S400\n${line}`, /line 7 sets M190 to 400 degrees: a bed may have 150/],
  ['a chamber that is too hot', `${start}M141 S200\n${line}`, /line 7 sets M141 to 200 degrees/],
  [
    'a heater that is too hot',
    `${start}SET_HEATER_TEMPERATURE HEATER=extruder TARGET=900\n${line}`,
    /TEMPERATURE to 900/,
  ],
  [
    'a bed hot as a nozzle',
    `${start}SET_HEATER_TEMPERATURE HEATER=heater_bed TARGET=210\n${line}`,
    /a bed may have 150/,
  ],
  ['quotes around it', `${start}SET_HEATER_TEMPERATURE HEATER='extruder' T"ARG"ET=9"00"\n${line}`, /to 900 degrees/],
  [
    'two of one heater',
    `${start}SET_HEATER_TEMPERATURE HEATER=extruder TARGET=0 TARGET=900\n${line}`,
    /to 900 degrees/,
  ],
  [
    'no number for a heater',
    `${start}SET_HEATER_TEMPERATURE HEATER=extruder TARGET=hot\n${line}`,
    /a temperature should be/,
  ],
  ['heat by a macro', `START_PRINT EXTRUDER_TEMP=900\n${start}${line}`, /START_PRINT EXTRUDER_TEMP to 900/],
  [
    'a printer that was never homed',
    `M104 S210\nG90\nM83\nSET_FAN_SPEED FAN=x SPEED=1\nG1 X50 Y50 Z1\n${line}`,
    /line 6 .*homed/,
  ],
  ['a printer that was homed in part', `M104 S210\nG28 X Y\nG90\nM83\nG1 X50 Y50 Z1\n${line}`, /line 6 .*homed/],
  ['nothing to print', start, /prints nothing/],
  ['nothing at all', '', /prints nothing/],
]
for (const [what, gcode, sentence] of refused) {
  test(`${what}: refused`, async () => {
    assert.match(await refusal('gcode_rejected', () => check(gcode)), sentence)
  })
}

for (const command of [
  ...['M112', 'm112', 'M 112', 'N3 M112*20', 'M112 ; now', '  M112', '5M112', 'FIRMWARE_RESTART', 'restart', 'M999'],
  ...['SAVE_CONFIG', 'RUN_SHELL_COMMAND CMD=x', 'SHELL X=1', 'MY_SHELL_COMMAND', 'SDCARD_PRINT_FILE FILENAME=x'],
  ...['STREAM_GCODE_LINE JOB=purch_1', 'M23 other.gcode', 'M28 x', 'M33', 'M500', 'FORCE_MOVE STEPPER=x', 'G18'],
  ...[
    'SAVE_VARIABLE VARIABLE=x VALUE=1',
    'save_last_file',
    'PROBE_CALIBRATE',
    'PID_CALIBRATE HEATER=extruder TARGET=1',
  ],
  ...['SHAPER_CALIBRATE', 'TEST_RESONANCES AXIS=X', 'BED_MESH_PROFILE SAVE=x', 'SKEW_PROFILE SAVE=x', 'M303'],
]) {
  test(`"${command}" is refused wherever it stands`, async () => {
    const message = await refusal('gcode_rejected', () => check(`${start}${line}${command}\n${line}`))
    assert.match(message, 'line 8 says')
  })
}

for (const command of [
  'RESPOND TYPE=command MSG="action:prompt_show"',
  'M118 hello ;<img src=x>',
  'PRINT_START X="<b>"',
]) {
  test(`"${command}" is refused: it is a dialog or markup to the interfaces`, async () => {
    const message = await refusal('gcode_rejected', () => check(`${start}${line}${command}\n${line}`))
    assert.match(message, 'line 8 shows')
  })
}

test('words in comments and parameters are no commands', async () => {
  await check(`${start}; M112\nM117 do not RESTART now\nPRINT_START NOTE="M112"\n${line}`)
})

test('heat is set by any of the ways in which Klipper takes it', async () => {
  const rest = `${start.slice(10)}${line}`
  for (const heat of ['M109 S210', 'M104 T0 S200', 'SET_HEATER_TEMPERATURE HEATER=extruder TARGET=210']) {
    await check(`${heat}\n${rest}`)
  }
  await check(`M104 S0\nM140 S0\nPRINT_START EXTRUDER=220 BED=60\n${rest}`)
  for (const cold of ['M140 S160', 'SET_HEATER_TEMPERATURE HEATER=heater_bed TARGET=160', 'PRINT_START BED=60']) {
    await refusal('gcode_rejected', () => check(`${cold}\n${rest}`))
  }
})

test('a printer is homed by G28, axis by axis too, or by a macro of its own', async () => {
  const rest = `G90\nM83\nG1 Z0.2 F600\nG1 X50 Y50\n${line}`
  for (const homing of ['G28', 'g28 X0 Y0\nG28 Z', 'START_PRINT BED=60', '_MY_HOMING']) {
    await check(`M104 S210\n${homing}\n${rest}`)
  }
  await check(
    `${start}BED_MESH_CALIBRATE\nBED_MESH_PROFILE LOAD=default\nSET_GCODE_VARIABLE MACRO=a VARIABLE=b VALUE=1\n${line}`,
  )
})

test('absolute and relative extrusion are both followed', async () => {
  const absolute = `${start}M82\nG92 E0\nG1 X60 E1\nG1 X61 E0.5\nG1 X70\n`
  await check(absolute)
  await refusal('gcode_rejected', () => check(`${start}M82\nG1 X60 E0\nG1 X70 E-1\n`))
})

test('where the G-code is cut into chunks makes no difference', async () => {
  const gcode = `${start}${line.repeat(5)}G1 X500 Y1\n${line}`
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), async sizes => {
      const message = await refusal('gcode_rejected', () => check(gcode, sizes))
      assert.match(message, /line 12 moves to X 500/)
    }),
    { numRuns: 50 },
  )
})

test('whatever is said, it passes or is refused with a code', async () => {
  const words = fc.constantFrom(
    'G1',
    'G2',
    'G28',
    'G92',
    'M83',
    'X1',
    'Y',
    'E-',
    'Z.',
    'I5',
    '*',
    'N1',
    '=',
    ';',
    '\n',
    ' ',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(words), async parts => {
      const gcode = `${start}${line}${parts.join('')}\n`
      await check(gcode).catch(error => assert.is(error.code, 'gcode_rejected', String(error)))
    }),
  )
})

test.run()

async function check(gcode: string, sizes = [65536]): Promise<string> {
  const bytes = Buffer.from(gcode)
  const source = (async function* () {
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = sizes[turn % sizes.length] as number
      yield bytes.subarray(at, at + size)
      at += size
    }
  })()
  const passed: Buffer[] = []
  for await (const piece of checkGcode(normaliseGcode(source), bed)) passed.push(piece)
  return Buffer.concat(passed).toString()
}
