import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLineGuard } from '../../../edge/print/gcode/line-guard.ts'
import { knownCommands } from '../../../schema/gcode/known-commands.ts'
import { printerFacts } from '../../../schema/http/printer-facts.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { box, sample } from '../../make/slicer/models.ts'
import { testProfile } from '../../make/slicer/profiles.ts'
import { sliceWhole } from '../../make/slicer/slice.ts'
import { makeThree, sliceable } from '../../make/slicer/three.ts'

const test = suite("the profile's G-code around an engine's body")
const engine = await makeThree()
const profile = readProfile(testProfile())

test('the layers are between the start and end G-code of the profile, each said by its number', async () => {
  const { gcode, stats } = await sliceWhole(engine, sliceable(sample('objects/gearwheel.bin.stl')), profile)
  const text = gcode.toString()
  const start =
    'G90\nM104 S0\nM140 S0\nPRINT_START EXTRUDER=220 BED=65\nG90\nG21\nM83\nG92 E0\nSET_PRINT_STATS_INFO CURRENT_LAYER=1\n'
  assert.is(text.slice(0, start.length), start)
  assert.ok(text.endsWith('M107\nPRINT_END\nM104 S0\nM140 S0\n'), text.slice(-100))
  const numbers = [...text.matchAll(/^SET_PRINT_STATS_INFO CURRENT_LAYER=(\d+)$/gm)].map(([, number]) => Number(number))
  assert.equal(
    numbers,
    Array.from({ length: stats.layers }, (_, index) => index + 1),
  )
  const guard = createLineGuard(knownCommands(['PRINT_START', 'PRINT_END']))
  guard.check(gcode)
  guard.end()
})

test("the object's outline is the model's, without its skirt", async () => {
  const printer = { ...noFacts, has_exclude_object: true }
  const { gcode, read } = await sliceWhole(engine, sliceable(box(30, 10, 1)), profile, { printer, modelName: "Max's" })
  const [define = ''] = gcode.toString().split('\n')
  assert.is(
    define,
    'EXCLUDE_OBJECT_DEFINE NAME=Max_s_id_0_copy_0 CENTER=110.000,110.000 POLYGON=[[125.000,115.000],[95.000,115.000],[95.000,105.000],[125.000,105.000]]',
  )
  assert.ok(read.firstLayer.min.x < 94, 'the first layer has a skirt')
})

const noFacts = printerFacts.parse({})

test.run()
