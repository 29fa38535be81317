import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { refusal } from '../../make/errors.ts'
import { testProfile } from '../../make/slicer/profiles.ts'
import { assembleBody } from '../../make/slicer/slice.ts'

const test = suite("the check of the model's moves")
const profile = readProfile(testProfile())
const mark = ';LMNT_LAYER n=0 z=0.2 height=0.2\n'
const start = `${mark}G1 Z0.2 F600\nG1 X50 Y50\n`
const line = 'G1 X60 Y50 E0.5\n'

test('an ordinary layer passes, unchanged', async () => {
  const lines = `G1 Z0.2 F600\nG1 X50 Y50\n${line}; wall\n\n  g1 x70y50e.5 ; no spaces\nN12 G1 X70 Y60 E1*33\nM106 S255\nG92 E0\n`
  assert.match(await check(mark + lines), `\nSET_PRINT_STATS_INFO CURRENT_LAYER=1\n${lines}M107\n`)
})

const refused: [string, string, RegExp][] = [
  ['a move beside the bed', `${start}G1 X220.1 Y50\n`, /line 3 of layer 1 moves to X 220.1 Y 50, which is outside/],
  ['a move before the bed', `${start}G0 Y-0.1\n`, /line 3 .*outside/],
  ['a move above the ceiling', `${start}G1 Z240.1\n`, /Z 240.1, but the printer reaches from 0 to 240/],
  ['a move into the bed', `${start}G1 Z-0.1\n`, /Z -0.1/],
  ['steps that lead off the bed', `${start}G91\n${'G1 X40\n'.repeat(5)}`, /line 8 .* moves to X 250/],
  ['a move off the bed by a moved origin', `${start}G92 X0\nG1 X180\n`, /line 4 .* moves to X 230/],
  ['an arc that swings off the bed', `${start}G0 X200 Y100\nG3 X200 Y140 I0 J20.5\nG2 X200 Y90 I0 J-25\n`, /outside/],
  ['an arc off the bed, its ends on it', `${start}G0 X210 Y100\nG3 X210 Y140 I0 J20\n`, /line 4 .*X 22\d.*outside/],
  ['an arc from nowhere', `${mark}G3 X210 Y140 I0 J20\n`, /an arc from an unknown place/],
  ['plastic at an unknown height', `${mark}G1 X10 Y10\nG1 X20 E1\n`, /line 2 of layer 1 extrudes before/],
  ['plastic after homing again', `${start}${line}G28 X\nG1 Y60 E1\n`, /before X, Y and Z are known/],
  ['a number that is none', `${start}G1 X1.2.3\n`, /line 3 .* has "X1.2.3" where a number/],
  ['a nozzle that is too hot', `${start}M109 S900\n${line}`, /sets M109 to 900 degrees: a nozzle may have 450/],
  ['nothing to print', start, /found nothing to print.*thinner/],
  ['nothing at all', '', /found nothing to print/],
  [
    'a command that is too long',
    `${start}${line}MACRO X=${'a'.repeat(1100)}\n`,
    /line 4 of layer 1 is longer than 1024/,
  ],
]
for (const [what, body, sentence] of refused) {
  test(`${what}: refused`, async () => {
    assert.match(await refusal('gcode_rejected', () => check(body)), sentence)
  })
}

test('a body that breaks the seam to the engines is the engine’s fault', async () => {
  for (const body of [
    `G28\n${start}${line}`,
    `G1 X1 Y1 Z1\n${start}${line}`,
    `${start}${line}${mark}${line}`,
    `${start.replace('n=0', 'n=1')}${line}`,
    `;LMNT_LAYER\n${line}`,
  ]) {
    assert.match(await refusal('engine_failed', () => check(body)), "engine's G-code")
  }
  assert.match(await check(`; made by an engine\n\n${start}${line}`), 'CURRENT_LAYER=1\nG1 Z0.2')
})

test('absolute and relative extrusion are both followed', async () => {
  await check(`${start}M82\nG92 E0\nG1 X60 E1\nG1 X61 E0.5\nG1 X70\n`)
  await refusal('gcode_rejected', () => check(`${start}M82\nG1 X60 E0\nG1 X70 E-1\n`))
})

test('where the G-code is cut into chunks makes no difference, and how its lines end', async () => {
  const body = `${start}${line.repeat(5)};${'long '.repeat(500)}\n${line}`
  const whole = await check(body)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.constantFrom('\n', '\r\n', '\r'), async (size, newline) => {
      assert.is(await check(body.replaceAll('\n', newline), size), whole)
    }),
    { numRuns: 60 },
  )
})

test('whatever is said, it passes or is refused with a code', async () => {
  const words = fc.constantFrom(
    ...['G1', 'G2', 'G3', 'G28', 'G92', 'M83', 'X1', 'Y', 'E-', 'Z.', 'I5', 'R3', '*', 'N1', '=', ';', '\n', '\r', ' '],
  )
  await fc.assert(
    fc.asyncProperty(fc.array(words), async parts => {
      await check(`${start}${line}${parts.join('')}\n`).catch(error =>
        assert.is(error.code, 'gcode_rejected', String(error)),
      )
    }),
  )
})

test.run()

async function check(body: string, pieceSize = 65_536): Promise<string> {
  return (await assembleBody(body, profile, { pieceSize })).gcode.toString()
}
