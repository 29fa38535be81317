import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../../schema/http/errors.ts'
import { type SlicingResult, slicingResult } from '../../../schema/messages/slicing.ts'
import { bucket, putObject } from '../../make/slicer/cloud.ts'
import { quickEngine } from '../../make/slicer/engines.ts'
import { ball, binaryStl, box } from '../../make/slicer/models.ts'
import { testProfile } from '../../make/slicer/profiles.ts'
import { setUpSlicing, sliced, small } from '../../make/slicer/set-up.ts'
import { openSealed, type World } from '../../make/slicer/world.ts'

const test = suite('a slicing job that fails')
const { cloud, world } = await setUpSlicing(test)

const profile = testProfile()
const failures: [string, string, () => Parameters<World['makeJob']>][] = [
  ['a model that is no STL', 'stl_malformed', () => [Buffer.from('not an STL at all')]],
  ['a model of NaN', 'stl_not_finite', () => [withNaN()]],
  ['an empty model', 'stl_empty', () => [binaryStl([])]],
  ['a model in metres', 'stl_too_small', () => [binaryStl(box(0.1, 0.1, 0.1))]],
  ['a model larger than the bed', 'stl_exceeds_bed', () => [binaryStl(box(300, 10, 10))]],
  ['a 3MF that is cut off', 'stl_malformed', () => [Buffer.from('PK\x03\x04 and so on')]],
  ['a profile without a bed', 'profile_invalid', () => [small, { ...profile, machine_settings: {} }]],
  ['start G-code that stops the printer', 'gcode_rejected', () => [small, withStart('M104 S200\nM112')]],
  ['start G-code that leaves the bed', 'gcode_rejected', () => [small, withStart('M104 S200\nG1 X-500')]],
]
for (const [what, code, args] of failures) {
  test(`${what} fails the preparation with ${code}`, async () => {
    const { makeJob, push, results, exists } = await world()
    const { job, started } = await makeJob(...args())
    assert.is((await push(job)).status, 204)
    const result = slicingResult.parse(results[0])
    assert.is(result.outcome, 'failed')
    assert.is(result.outcome === 'failed' && result.code, code)
    assert.is(result.lease_id, started.lease_id)
    assert.not.ok(await exists(started.gcode_gcs_uri), 'no half of an object is left')
  })
}

test('a model thinner than the first layer is refused by both heights, and one as thin is sliced', async () => {
  const { makeJob, push, results } = await world()
  const thin = binaryStl(box(20, 20, 0.1))
  await push((await makeJob(thin)).job)
  const refused = slicingResult.parse(results[0])
  assert.is(failedCode(refused), 'stl_too_small')
  assert.match(refused.outcome === 'failed' ? refused.message : '', /0\.1 mm high.*first layer 0\.2 mm: choose/)
  const fine = testProfile({ layer_height: '0.1', initial_layer_print_height: '0.1' })
  await push((await makeJob(thin, fine)).job)
  assert.is(sliced(slicingResult.parse(results[1])).totals.layers, 1)
})

test('a model that was altered in the bucket fails with model_corrupt', async () => {
  const { makeJob, push, results } = await world({ engine: quickEngine() })
  const { job } = await makeJob(small)
  await putObject(cloud.google, `models/${job.model_id}`, Buffer.alloc(700, 7))
  await push(job)
  assert.is(failedCode(results[0]), 'model_corrupt')
})

test('a model that is gone, or under another key, fails with a code of its own', async () => {
  const { makeJob, push, results, marketplace } = await world({ engine: quickEngine() })
  const { job } = await makeJob(small)
  await push({ ...job, stl_gcs_uri: `gs://${bucket}/models/none` })
  marketplace.keys.set(job.stl_dek, Buffer.alloc(32, 1))
  await push(job)
  marketplace.keys.set(job.stl_dek, Buffer.alloc(7, 1))
  await push(job)
  assert.equal(results.map(failedCode), ['model_corrupt', 'model_corrupt', 'key_blob_invalid'])
})

test('while the CWS, the bucket or the queue is out of reach, the message comes again and nothing is lost', async () => {
  const { makeJob, push, results, marketplace, context } = await world({ engine: quickEngine() })
  const { job } = await makeJob(small)
  marketplace.state.isCwsDown = true
  assert.is((await push(job)).body.code, 'cws_unavailable')
  marketplace.state.isCwsDown = false

  const { storage, publish } = context
  context.storage = { ...storage, write: async () => Promise.reject(new AppError('unavailable', 'storage')) }
  assert.is((await push(job)).status, 503)
  context.storage = storage
  context.publish = async () => Promise.reject(new AppError('unavailable', 'queue'))
  assert.is((await push(job)).status, 503)
  context.publish = publish

  assert.equal(results, [])
  assert.is(marketplace.state.released.length, 3, 'each attempt gave its lease back')
  assert.is((await push(job)).status, 204)
  assert.is(results[0]?.outcome, 'sliced')
  assert.is(marketplace.state.released.length, 3, 'one that has its result does not')
})

test('a marketplace that is out of reach when the lease is given back changes nothing else', async () => {
  const { makeJob, push, marketplace, context, results } = await world({ engine: quickEngine() })
  const { job } = await makeJob(small)
  marketplace.state.refusesRelease = true
  const { publish } = context
  context.publish = async () => Promise.reject(new AppError('unavailable', 'queue'))
  assert.is((await push(job)).status, 503)
  context.publish = publish
  assert.is((await push(job)).status, 204)
  assert.is(results.length, 1)
})

test('a download that breaks off is noticed at once, and its lease given back', async () => {
  const { makeJob, push, marketplace } = await world({ engine: quickEngine() })
  const { job, started } = await makeJob(binaryStl(ball(20, 30)))
  cloud.google.faults.downloadsToCut = 1
  const begun = performance.now()
  assert.is((await push(job)).body.code, 'unavailable')
  assert.ok(performance.now() - begun < 10_000)
  assert.equal(marketplace.state.released, [started.lease_id])
})

test('an upload that is cut is taken up again', async () => {
  const { makeJob, push, results, storage } = await world({ engine: quickEngine() })
  const { job, psek, started } = await makeJob(small)
  cloud.google.faults.uploadsToCut = 1
  assert.is((await push(job)).status, 204)
  const result = sliced(results[0])
  const sealed = await storage.read(started.gcode_gcs_uri, { maxBytes: 1e9, signal: new AbortController().signal })
  await openSealed(sealed, result.psek_encrypted_gcode_dek, psek)
})

test('a message that is no job is handed to the marketplace to keep, and comes no more', async () => {
  const { push, marketplace } = await world({ engine: quickEngine() })
  marketplace.state.refusesDeadLetters = true
  assert.is((await push({ purchase_id: 'x' })).status, 503)
  marketplace.state.refusesDeadLetters = false
  assert.is((await push({ purchase_id: 'x' })).status, 204)
  const [letter] = marketplace.state.deadLetters
  assert.equal([letter?.topic, letter?.message_id], ['slicing-jobs', '1'])
  assert.equal(JSON.parse(Buffer.from(letter!.body, 'base64').toString()), { purchase_id: 'x' })
})

test.run()

function failedCode(result: SlicingResult | undefined): string {
  return result?.outcome === 'failed' ? result.code : `not failed: ${result?.outcome}`
}

function withStart(gcode: string) {
  return { ...profile, machine_settings: { ...profile.machine_settings, machine_start_gcode: gcode } }
}

function withNaN(): Buffer {
  const file = binaryStl(box(10, 10, 10))
  file.writeFloatLE(Number.NaN, 84 + 50 + 12)
  return file
}
