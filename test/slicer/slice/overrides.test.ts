/** A slicing job with a buyer's overrides, from the marketplace's answer to the sealed result. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { binaryStl, box } from '../../make/slicer/models.ts'
import { setUpSlicing, sliced } from '../../make/slicer/set-up.ts'
import { openSealed } from '../../make/slicer/world.ts'

const test = suite('a slicing job with overrides')
const { world } = await setUpSlicing(test)

test('the model is scaled and turned, stands on the bed, and the profile’s G-code knows the settings', async () => {
  const { makeJob, push, results, storage } = await world()
  const { job, started, psek } = await makeJob(binaryStl(box(10, 20, 30)))
  started.profile.machine_settings.machine_end_gcode = 'PRINT_END ;{sparse_infill_density} {brim_width}'
  started.overrides = { scale_percent: 50, orientation: 'x90', infill_percent: 35, brim: 4 }
  await push(job)
  const result = sliced(results[0]!)
  assert.is(result.summary.object_height_mm, 10, 'half of its depth of 20 mm')
  assert.is(result.totals.layers, 50)
  assert.equal(result.warnings, [])
  const sealed = await storage.read(started.gcode_gcs_uri, { maxBytes: 1e9, signal: new AbortController().signal })
  const { gcode } = await openSealed(sealed, result.psek_encrypted_gcode_dek, psek)
  assert.match(gcode.toString(), /PRINT_END ;35%? 4\n/)
})

test('what the engine cannot do of it is a warning', async () => {
  const { makeJob, push, results } = await world()
  const { job, started } = await makeJob(binaryStl(box(10, 10, 1)))
  started.overrides = { brim: 'auto' }
  await push(job)
  assert.match(sliced(results[0]!).warnings.join(), /three cannot choose a brim/)
})

test('a model that is scaled beyond the bed fails, and is not sliced', async () => {
  const { makeJob, push, results } = await world()
  const { job, started } = await makeJob(binaryStl(box(10, 20, 30)))
  started.overrides = { scale_percent: 900, orientation: 'y270' }
  await push(job)
  const result = results[0]!
  assert.equal(result.outcome === 'failed' && [result.code, /270\.0 x 180\.0 x 90\.0/.test(result.message)], [
    'stl_exceeds_bed',
    true,
  ])
})

test.run()
