/** Slices that are reused: sealed anew for each preparation, and never at the price of a preparation. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sliceDetails } from '../../../schema/http/slice.ts'
import type { Engine } from '../../../slicer/engines/engine.ts'
import { bucket, putObject } from '../../make/slicer/cloud.ts'
import { quickEngine } from '../../make/slicer/engines.ts'
import { setUpSlicing, sliced, small } from '../../make/slicer/set-up.ts'
import { openSealed, type World } from '../../make/slicer/world.ts'

const test = suite('the cache of slices')
const { cloud, world } = await setUpSlicing(test)
const keyContext = `cache:model_1:${'a'.repeat(64)}` as const

/** An engine that counts how often it slices. */
function counted() {
  const quick = quickEngine()
  const engine: Engine & { slices: number } = {
    ...quick,
    slices: 0,
    slice: (...args) => {
      engine.slices++
      return quick.slice(...args)
    },
  }
  return engine
}

/** A world in which one slice was made and its copy kept; later starts find it. */
async function withCopy(engine: Engine) {
  const own = await world({ engine })
  const { state } = own.marketplace
  const copyOf = (id: string) => `gs://${bucket}/cache/${id}/copy.lmnt`
  state.cacheOf = ({ preparation_id }) => {
    return { key_context: keyContext, copy_gcs_uri: copyOf(preparation_id), hit: null }
  }
  const first = await prepareOne(own)
  const { copy } = first.result
  assert.ok(copy, 'a copy was kept')
  assert.equal(state.wrappedFor, [keyContext], 'its key is bound to the model and the slice')
  const hit = { copy, details: sliceDetails.parse(first.result) }
  const offer = (changed: Partial<typeof copy> = {}) => {
    state.cacheOf = ({ preparation_id }) => {
      const found = { ...hit, copy: { ...copy, ...changed } }
      return { key_context: keyContext, copy_gcs_uri: copyOf(preparation_id), hit: found }
    }
  }
  offer()
  return { ...own, first, copy, offer }
}

async function prepareOne(own: World) {
  const { job, started, psek } = await own.makeJob(small)
  const push = await own.push(job)
  const result = sliced(own.results.at(-1))
  const read = (uri: string) => own.storage.read(uri, { maxBytes: 1e9, signal: new AbortController().signal })
  const sealed = await read(started.gcode_gcs_uri)
  return {
    push,
    job,
    started,
    psek,
    result,
    sealed,
    ...(await openSealed(sealed, result.psek_encrypted_gcode_dek, psek)),
  }
}

test('the same slice is sealed anew under another key for another preparation, and nothing is sliced', async () => {
  const engine = counted()
  const own = await withCopy(engine)
  const { first } = own
  const second = await prepareOne(own)
  assert.is(engine.slices, 1)
  assert.is(second.result.from_cache, true)
  assert.ok(second.gcode.equals(first.gcode))
  assert.equal(sliceDetails.parse(second.result), sliceDetails.parse(first.result))
  assert.is(second.result.copy, undefined, 'the copy that is there stays')
  assert.is.not(second.result.psek_encrypted_gcode_dek, first.result.psek_encrypted_gcode_dek)
  assert.not.ok(second.sealed.equals(first.sealed))
  const stolen = openSealed(second.sealed, first.result.psek_encrypted_gcode_dek, first.psek)
  assert.is(await codeOf(stolen), 'gcode_corrupt', "the first preparation's key opens the second's G-code")
  assert.ok(second.sealed.length === second.result.size)
})

const unusable: [string, (own: Awaited<ReturnType<typeof withCopy>>) => unknown][] = [
  ['is of another build', own => own.offer({ made_by: 'three 0.0.1 another' })],
  ['is gone', own => own.storage.remove(own.copy.gcs_uri)],
  ['was altered', own => putObject(cloud.google, nameOf(own.copy.gcs_uri), changed(own.first.sealed))],
  ['was cut off', own => putObject(cloud.google, nameOf(own.copy.gcs_uri), own.first.sealed.subarray(0, -40))],
  ['has another hash than the marketplace noted', own => own.offer({ sha256: 'f'.repeat(64) })],
  ['is under a key that this grant does not open', own => own.offer({ wrapped_dek: 'of another model' })],
]
for (const [what, spoil] of unusable) {
  test(`a copy that ${what} is not used: the model is sliced, and the new copy replaces it`, async () => {
    const engine = counted()
    const own = await withCopy(engine)
    await spoil(own)
    const second = await prepareOne(own)
    assert.equal([engine.slices, second.result.from_cache], [2, undefined])
    assert.ok(second.result.copy)
    assert.ok(second.gcode.equals(own.first.gcode))
  })
}

test('a copy that cannot be kept does not fail the slice', async () => {
  const own = await world({ engine: quickEngine() })
  const refusing = `gs://${bucket}/elsewhere/copy.lmnt`
  own.marketplace.state.cacheOf = () => ({ key_context: keyContext, copy_gcs_uri: refusing, hit: null })
  const { result, push } = await prepareOne(own)
  assert.equal([push.status, result.copy], [204, undefined])
})

test('a job that ends while its copy is made leaves no object behind', async () => {
  const own = await world({ engine: quickEngine() })
  const copyUri = `gs://${bucket}/cache/one/copy.lmnt`
  own.marketplace.state.cacheOf = () => ({ key_context: keyContext, copy_gcs_uri: copyUri, hit: null })
  const copy = own.context.storage.copy
  own.context.storage.copy = async (...args) => {
    await copy(...args)
    own.stop()
    args[2].signal.throwIfAborted()
  }
  const { job, started } = await own.makeJob(small)
  assert.is((await own.push(job)).status, 503)
  assert.equal([await own.exists(copyUri), await own.exists(started.gcode_gcs_uri)], [false, false])
})

function changed(sealed: Buffer): Buffer {
  const other = Buffer.from(sealed)
  other[Math.floor(other.length / 2)]! ^= 1
  return other
}

function nameOf(uri: string): string {
  return uri.slice(`gs://${bucket}/`.length)
}

async function codeOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => 'no error',
    (error: { code?: unknown }) => error.code,
  )
}

test.run()
