import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { knownCommands } from '../../../edge/print/gcode/known-commands.ts'
import { createLineGuard } from '../../../edge/print/gcode/line-guard.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { box, sample } from '../../make/slicer/models.ts'
import { testProfile } from '../../make/slicer/profiles.ts'
import { sliceWhole } from '../../make/slicer/slice.ts'
import { bundle, makeThree, sliceable } from '../../make/slicer/three.ts'

const test = suite("the profile's G-code around an engine's body")
const child = await bundle('slicer/engines/three-child.ts')
test.after(child.remove)
const engine = await makeThree(child.path)
const profile = readProfile(testProfile())

test('the layers are between the start and end G-code of the profile', async () => {
  const { gcode } = await sliceWhole(engine, sliceable(sample('objects/gearwheel.bin.stl')), profile)
  const text = gcode.toString()
  assert.ok(
    text.startsWith(
      'G90\nM104 S0\nM140 S0\nPRINT_START EXTRUDER=220 BED=65\nG90\nG21\nM83\nG92 E0\nSET_PRINT_STATS_INFO CURRENT_LAYER=1\n; LAYER 0',
    ),
  )
  assert.ok(text.endsWith('PRINT_END\nM104 S0\nM140 S0\nM107\n'), text.slice(-100))
})

test('every layer says its number, from 1 to the number of layers in the totals', async () => {
  const { gcode, stats } = await sliceWhole(engine, sliceable(box(10, 10, 2)), profile)
  const numbers = [...gcode.toString().matchAll(/^SET_PRINT_STATS_INFO CURRENT_LAYER=(\d+)\n; LAYER (\d+) /gm)]
  const expected = Array.from({ length: stats.layers }, (_, index) => [`${index + 1}`, `${index}`])
  assert.equal(
    numbers.map(([, number, mark]) => [number, mark]),
    expected,
  )
  const guard = createLineGuard(knownCommands(['PRINT_START', 'PRINT_END']))
  guard.check(gcode)
  guard.end()
})

test('the temperatures of the first layer change to those of the others after it', async () => {
  const { gcode } = await sliceWhole(engine, sliceable(box(10, 10, 1)), profile)
  const text = gcode.toString()
  const lines = text.slice(0, text.indexOf('; LAYER 1')).split('\n')
  assert.is(lines.slice(-4).join(' '), 'M104 S215 M140 S60 SET_PRINT_STATS_INFO CURRENT_LAYER=2 ')
})

test.run()
