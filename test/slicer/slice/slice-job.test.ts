import { createHash } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../../schema/http/errors.ts'
import { type SlicingResult, slicingResult } from '../../../schema/messages/slicing.ts'
import type { Engine } from '../../../slicer/engines/engine.ts'
import { until } from '../../make/google.ts'
import { ball, binaryStl, box, sample } from '../../make/slicer/models.ts'
import { testProfile } from '../../make/slicer/profiles.ts'
import { bundle, makeThree } from '../../make/slicer/three.ts'
import { bucket, makeWorld, openSealed, putObject, startCloud, type World } from '../../make/slicer/world.ts'

const test = suite('a slicing job')
const child = await bundle('slicer/engines/three-child.ts')
const cloud = await startCloud()
const engine = await makeThree(child.path)
const opened: World[] = []
test.after(async () => {
  for (const world of opened) await world.close()
  await cloud.close()
  child.remove()
})

async function world(changes: { engine?: Engine; leaseSeconds?: number } = {}): Promise<World> {
  const made = await makeWorld(cloud.google, { engine, ...changes })
  opened.push(made)
  return made
}

const small = binaryStl(box(10, 10, 1))

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

  const sealed = await storage.read(started.gcode_gcs_uri, { maxBytes: 1e9, signal: new AbortController().signal })
  assert.is(sealed.length, result.size)
  assert.is(sha256(sealed), result.sha256)
  const { gcode, totals } = await openSealed(sealed, result.psek_encrypted_gcode_dek, psek)
  assert.equal(totals, result.totals)
  assert.is(totals.layers, 40)
  assert.is(totals.bytes, gcode.length)
  assert.is(totals.sha256, sha256(gcode))
  assert.match(gcode.toString(), /PRINT_START EXTRUDER=220[\s\S]*LAYER 39 [\s\S]*PRINT_END/)

  const steps = [...new Set(marketplace.state.progress.map(told => told.step))]
  assert.equal(steps, ['download', 'validate', 'slice', 'seal'])
})

test('the same by hand: POST /slice says how it ended', async () => {
  const { makeJob, post, results } = await world()
  const { job } = await makeJob(small)
  assert.equal(await post('/slice', job), { status: 200, body: { outcome: 'sliced' } })
  assert.is(results.length, 1)
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
  const stuck = await world({ engine: waiting(), leaseSeconds: 1 })
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
    const { makeJob, push, results, marketplace } = await world({ engine: quick() })
    const { job } = await makeJob(small)
    marketplace.state.refusesStart = new AppError(code, 'no')
    assert.is((await push(job)).status, 204)
    assert.equal(results, [])
  })
}

test('a job that another attempt holds comes again later', async () => {
  const { makeJob, push, results, marketplace } = await world({ engine: quick() })
  const { job } = await makeJob(small)
  marketplace.state.refusesStart = new AppError('preparation_in_progress', 'another attempt')
  assert.is((await push(job)).status, 409)
  marketplace.state.refusesStart = undefined
  assert.is((await push(job)).status, 204)
  assert.is(results.length, 1)
})

const profile = testProfile()
const failures: [string, string, () => Parameters<World['makeJob']>][] = [
  ['a model that is no STL', 'stl_malformed', () => [Buffer.from('not an STL at all')]],
  ['a model of NaN', 'stl_not_finite', () => [withNaN()]],
  ['an empty model', 'stl_empty', () => [binaryStl([])]],
  ['a model in metres', 'stl_too_small', () => [binaryStl(box(0.1, 0.1, 0.1))]],
  ['a model larger than the bed', 'stl_exceeds_bed', () => [binaryStl(box(300, 10, 10))]],
  ['a 3MF', 'model_format_unsupported', () => [Buffer.from('PK\x03\x04 and so on')]],
  ['a profile without a bed', 'profile_invalid', () => [small, { ...profile, machine_settings: {} }]],
  ['start G-code that stops the printer', 'gcode_rejected', () => [small, withStart('M104 S200\nM112')]],
  ['start G-code that leaves the bed', 'gcode_rejected', () => [small, withStart('M104 S200\nG1 X-50')]],
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

test('a model that was altered in the bucket fails with model_corrupt', async () => {
  const { makeJob, push, results } = await world({ engine: quick() })
  const { job } = await makeJob(small)
  await putObject(cloud.google, `models/${job.model_id}`, Buffer.alloc(700, 7))
  await push(job)
  assert.is(failedCode(results[0]), 'model_corrupt')
})

test('a model that is gone, or under another key, fails with a code of its own', async () => {
  const { makeJob, push, results, marketplace } = await world({ engine: quick() })
  const { job } = await makeJob(small)
  await push({ ...job, stl_gcs_uri: `gs://${bucket}/models/none` })
  marketplace.keys.set(job.stl_dek, Buffer.alloc(32, 1))
  await push(job)
  marketplace.keys.set(job.stl_dek, Buffer.alloc(7, 1))
  await push(job)
  assert.equal(results.map(failedCode), ['model_corrupt', 'model_corrupt', 'key_blob_invalid'])
})

test('while the CWS, the bucket or the queue is out of reach, the message comes again and nothing is lost', async () => {
  const { makeJob, push, results, marketplace, context } = await world({ engine: quick() })
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
  const { makeJob, push, marketplace, context, results } = await world({ engine: quick() })
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
  const { makeJob, push, marketplace } = await world({ engine: quick() })
  const { job, started } = await makeJob(binaryStl(ball(20, 30)))
  cloud.google.faults.downloadsToCut = 1
  const begun = performance.now()
  assert.is((await push(job)).body.code, 'unavailable')
  assert.ok(performance.now() - begun < 10_000)
  assert.equal(marketplace.state.released, [started.lease_id])
})

test('an upload that is cut is taken up again', async () => {
  const { makeJob, push, results, storage } = await world({ engine: quick() })
  const { job, psek, started } = await makeJob(small)
  cloud.google.faults.uploadsToCut = 1
  assert.is((await push(job)).status, 204)
  const result = sliced(results[0])
  const sealed = await storage.read(started.gcode_gcs_uri, { maxBytes: 1e9, signal: new AbortController().signal })
  await openSealed(sealed, result.psek_encrypted_gcode_dek, psek)
})

test('a message that is no job is handed to the marketplace to keep, and comes no more', async () => {
  const { push, marketplace } = await world({ engine: quick() })
  marketplace.state.isKeepingDown = true
  assert.is((await push({ purchase_id: 'x' })).status, 503)
  marketplace.state.isKeepingDown = false
  assert.is((await push({ purchase_id: 'x' })).status, 204)
  const [letter] = marketplace.state.deadLetters
  assert.equal([letter?.topic, letter?.message_id], ['slicing-jobs', '1'])
  assert.equal(JSON.parse(Buffer.from(letter!.body, 'base64').toString()), { purchase_id: 'x' })
})

test('a slicer that is told to stop gives its job back', async () => {
  const stopped = await world({ engine: waiting() })
  const { job, started } = await stopped.makeJob(small)
  const pushed = stopped.push(job)
  await until(() => stopped.marketplace.state.progress.some(told => told.step === 'slice'))
  stopped.stop()
  assert.is((await pushed).status, 503)
  assert.equal(stopped.results, [])
  assert.equal(stopped.marketplace.state.released, [started.lease_id])
  assert.not.ok(await stopped.exists(started.gcode_gcs_uri))
})

test('a slicer that is told to stop just as the engine would begin does not begin', async () => {
  const stopped = await world({ engine: waiting() })
  const { job } = await stopped.makeJob(small)
  stopped.marketplace.state.isCancelled = told => {
    if (told.step === 'slice') stopped.stop()
    return false
  }
  assert.is((await stopped.push(job)).status, 503)
  assert.equal(stopped.results, [])
})

test('more jobs than may wait are sent away', async () => {
  const busy = await world({ engine: waiting() })
  const jobs = await Promise.all([1, 2, 3].map(() => busy.makeJob(small)))
  const first = busy.push(jobs[0]?.job)
  await until(() => busy.marketplace.state.starts === 1)
  const second = busy.push(jobs[1]?.job)
  await until(() => busy.marketplace.state.progress.some(told => told.step === 'slice'))
  assert.is((await busy.push(jobs[2]?.job)).status, 429)
  busy.stop()
  assert.equal(
    (await Promise.all([first, second])).map(answer => answer.status),
    [503, 503],
  )
  assert.is(busy.marketplace.state.starts, 1, 'the second had not begun')
})

test('a slicer whose engine does not work is not ready, until it does', async () => {
  const broken: Engine = { ...quick(), slice: async () => Promise.reject(new AppError('engine_failed', 'no')) }
  const { app, context } = await world({ engine: broken })
  assert.is((await app.request('/readyz')).status, 503)
  context.engines = [engine]
  assert.is((await app.request('/readyz')).status, 200)
})

test('a request larger than any job is refused unread', async () => {
  const { post } = await world({ engine: quick() })
  assert.is((await post('/slice', 'x'.repeat(300_000))).body.code, 'payload_too_large')
})

test.run()

/** An engine that is done at once, for what does not depend on one. */
function quick(): Engine {
  return {
    name: 'quick',
    version: '1',
    license: 'MIT',
    source_url: 'https://example.com/engine',
    slice: async (_model, _profile, { onGcode }) => {
      await onGcode(Buffer.from('M104 S200\nG28\nM83\nG1 X1 Y1 Z1\nG1 X2 E1\n'))
      return { layers: 1, estimated_time_s: 1, filament_mm: 1, warnings: [] }
    },
  }
}

/** An engine that never ends by itself. */
function waiting(): Engine {
  return {
    name: 'waiting',
    version: '1',
    license: 'MIT',
    source_url: 'https://example.com/engine',
    slice: (_model, _profile, { signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  }
}

function sliced(result: SlicingResult | undefined): Extract<SlicingResult, { outcome: 'sliced' }> {
  if (result?.outcome !== 'sliced') throw new Error(`not sliced: ${JSON.stringify(result)}`)
  return result
}

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

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
