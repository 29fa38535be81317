import { createHash } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../../schema/http/errors.ts'
import { printerFacts } from '../../../schema/http/printer-facts.ts'
import { slicingResult } from '../../../schema/messages/slicing.ts'
import { until } from '../../make/eventually.ts'
import { quickEngine, waitingEngine } from '../../make/slicer/engines.ts'
import { ball, binaryStl, sample } from '../../make/slicer/models.ts'
import { coverage, decodePng, opacityAt } from '../../make/slicer/png.ts'
import { testProfile } from '../../make/slicer/profiles.ts'
import { setUpSlicing, sliced, small } from '../../make/slicer/set-up.ts'
import { openSealed } from '../../make/slicer/world.ts'

const test = suite('a slicing job')
const { engine, world } = await setUpSlicing(test)

test('a gear becomes sealed G-code that the printer can open, with its totals and pictures', async () => {
  const { makeJob, push, results, storage, marketplace } = await world()
  const { job, started, psek } = await makeJob(sample('objects/gearwheel.bin.stl'))
  assert.equal(await push(job), { status: 204, body: null })

  assert.is(results.length, 1)
  const result = sliced(slicingResult.parse(results[0]))
  assert.is(result.preparation_id, job.preparation_id)
  assert.is(result.lease_id, started.lease_id)
  assert.is(result.gcode_gcs_uri, started.gcode_gcs_uri)
  assert.equal(result.engine, { name: 'three', version: engine.version })
  assert.equal(result.warnings, [])
  assert.is(result.summary.object_height_mm, 8)

  assert.equal(
    result.previews.map(({ layer, z_mm }) => [layer, z_mm]),
    [1, 7, 12, 18, 23, 29, 34, 40].map(layer => [layer, Number((layer * 0.2).toFixed(3))]),
  )
  // The gear's bore, in the middle, stays empty.
  for (const { png } of result.previews) {
    const picture = decodePng(Buffer.from(png, 'base64'))
    assert.ok(coverage(picture) > 0.1 && coverage(picture) < 0.7, String(coverage(picture)))
    assert.is(opacityAt(picture, 128, 128), 0)
  }

  const sealed = await storage.read(started.gcode_gcs_uri, { maxBytes: 1e9, signal: new AbortController().signal })
  assert.is(sealed.length, result.size)
  assert.is(sha256(sealed), result.sha256)
  const { gcode, totals } = await openSealed(sealed, result.psek_encrypted_gcode_dek, psek)
  assert.equal(totals, result.totals)
  assert.is(totals.layers, 40)
  assert.is(totals.bytes, gcode.length)
  assert.is(totals.sha256, sha256(gcode))
  assert.match(gcode.toString(), /PRINT_START EXTRUDER=220[\s\S]*CURRENT_LAYER=40\n[\s\S]*PRINT_END/)

  const steps = [...new Set(marketplace.state.progress.map(told => told.step))]
  assert.equal(steps, ['download', 'validate', 'slice', 'seal'])
})

test('the same by hand: POST /slice says how it ended', async () => {
  const { makeJob, post, results } = await world()
  const { job } = await makeJob(small)
  assert.equal(await post('/slice', job), { status: 200, body: { outcome: 'sliced' } })
  assert.is(results.length, 1)
})

test("the model's title is the object's name, and what G-code fields say of the file", async () => {
  const { makeJob, push, results, storage } = await world({ engine: quickEngine() })
  const profile = testProfile()
  profile.machine_settings.machine_start_gcode = 'PRINT_START EXTRUDER=220 BED=65 NAME={input_filename_base}'
  const { job, started, psek } = await makeJob(small, profile)
  Object.assign(started, {
    model_title: "Max's box",
    printer: printerFacts.parse({ macros: [{ name: 'PRINT_START', params: [] }], has_exclude_object: true }),
  })
  await push(job)
  const { psek_encrypted_gcode_dek } = sliced(results[0])
  const sealed = await storage.read(started.gcode_gcs_uri, { maxBytes: 1e9, signal: new AbortController().signal })
  const { gcode } = await openSealed(sealed, psek_encrypted_gcode_dek, psek)
  assert.match(gcode.toString(), /EXCLUDE_OBJECT_DEFINE NAME=Max_s_box_id_0_copy_0 [\s\S]*BED=65 NAME=Max_s_box\n/)
})

test('the engine fits arcs only for a printer that has [gcode_arcs]', async () => {
  const engine = quickEngine()
  const asked: unknown[] = []
  const { makeJob, push, results } = await world({
    engine: {
      ...engine,
      slice: (model, profile, options) => {
        asked.push(profile.settings.enable_arc_fitting)
        return engine.slice(model, profile, options)
      },
    },
  })
  for (const has_gcode_arcs of [true, false, null]) {
    const { job, started } = await makeJob(small, testProfile({ enable_arc_fitting: '1' }))
    started.printer = printerFacts.parse({ has_gcode_arcs })
    await push(job)
  }
  const { job } = await makeJob(small, testProfile({ enable_arc_fitting: '1' }))
  await push(job)
  assert.equal(asked, ['1', '0', '0', '0'])
  assert.equal(new Set(results.map(result => result.outcome)), new Set(['sliced']))
})

test('progress is told at most once a second within a step', async () => {
  const { makeJob, push, marketplace } = await world()
  const { job } = await makeJob(binaryStl(ball(20, 30)))
  await push(job)
  const times = marketplace.state.progress.filter(told => told.step === 'slice').map(told => told.at)
  times.slice(1).forEach((at, index) => {
    assert.ok(at - (times[index] as number) >= 950, `${at - (times[index] as number)} ms between two`)
  })
})

test('while nothing moves, the lease is renewed all the same', async () => {
  const stuck = await world({ engine: waitingEngine(), leaseSeconds: 1 })
  const { job } = await stuck.makeJob(small)
  const pushed = stuck.push(job)
  await until(() => stuck.marketplace.state.progress.filter(told => told.step === 'slice').length >= 3)
  stuck.stop()
  assert.is((await pushed).status, 503)
})

test('a preparation that was cancelled meanwhile is dropped, and its object removed', async () => {
  const { makeJob, push, results, marketplace, exists } = await world()
  const { job, started } = await makeJob(binaryStl(ball(30, 30)))
  marketplace.state.isCancelled = told => told.step === 'slice'
  assert.is((await push(job)).status, 204, 'acknowledged: nobody waits for it')
  assert.equal(results, [])
  assert.not.ok(await exists(started.gcode_gcs_uri))
})

for (const code of ['preparation_ended', 'not_found'] as const) {
  test(`a job whose start is answered ${code} is dropped`, async () => {
    const { makeJob, push, results, marketplace } = await world({ engine: quickEngine() })
    const { job } = await makeJob(small)
    marketplace.state.refusesStart = new AppError(code, 'no')
    assert.is((await push(job)).status, 204)
    assert.equal(results, [])
  })
}

test('the engine that the buyer chose slices; one that is not there fails for good', async () => {
  const { makeJob, push, results, context } = await world({ engine: quickEngine() })
  context.engines = [quickEngine(), { ...quickEngine(), name: 'prusa', version: '2.5.0' }]
  for (const name of ['prusa', 'orca'] as const) {
    const { job, started } = await makeJob(small)
    started.engine = name
    assert.is((await push(job)).status, 204)
  }
  assert.equal(sliced(results[0]).engine, { name: 'prusa', version: '2.5.0' })
  assert.is(results[1]?.outcome === 'failed' && results[1].code, 'engine_unavailable')
})

test('a job that another attempt holds comes again later', async () => {
  const { makeJob, push, results, marketplace } = await world({ engine: quickEngine() })
  const { job } = await makeJob(small)
  marketplace.state.refusesStart = new AppError('preparation_in_progress', 'another attempt')
  assert.is((await push(job)).status, 409)
  marketplace.state.refusesStart = undefined
  assert.is((await push(job)).status, 204)
  assert.is(results.length, 1)
})

test.run()

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
