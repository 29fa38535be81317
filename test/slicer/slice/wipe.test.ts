/** Keys leave the memory whatever becomes of the slicing job. */
import { randomBytes } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { silentLog } from '../../../runtime/log.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Context } from '../../../slicer/context.ts'
import { createLimit } from '../../../slicer/limit.ts'
import { fetchModel } from '../../../slicer/model/fetch-model.ts'
import { sliceJob } from '../../../slicer/slice/slice-job.ts'
import { quickEngine } from '../../make/slicer/engines.ts'
import { testProfile } from '../../make/slicer/profiles.ts'

const zeros = Buffer.alloc(32)
const stored = {
  stl_gcs_uri: 'gs://bucket/model',
  stl_dek: 'wrapped',
  stl_iv: randomBytes(16).toString('base64'),
  stl_mac: randomBytes(32).toString('base64'),
}
const unavailable = new AppError('unavailable', 'The storage cannot be reached.')

test('a key that arrives after the download has failed is wiped', async () => {
  const dek = randomBytes(32)
  let arrive = () => {}
  const context = makeContext({
    openKey: () => new Promise(resolve => (arrive = () => resolve(dek))),
    read: () => Promise.reject(unavailable),
  })
  const error = await fetchModel(context, stored, 'grant', AbortSignal.timeout(5000)).catch((e: unknown) => e)
  assert.is(error, unavailable)
  arrive()
  await new Promise(setImmediate)
  assert.equal(dek, zeros)
})

test('a key that could not be opened after the download failed is no unhandled rejection', async () => {
  const context = makeContext({
    openKey: () => new Promise((_resolve, reject) => setImmediate(reject, unavailable)),
    read: () => Promise.reject(unavailable),
  })
  assert.is(await fetchModel(context, stored, 'grant', AbortSignal.timeout(5000)).catch((e: unknown) => e), unavailable)
  await new Promise(setImmediate)
})

test('a key is wiped when the model turns out to be altered', async () => {
  const dek = randomBytes(32)
  const context = makeContext({ openKey: async () => dek, read: async () => randomBytes(64) })
  const error = await fetchModel(context, stored, 'grant', AbortSignal.timeout(5000)).catch((e: unknown) => e)
  assert.is((error as AppError).code, 'model_corrupt')
  assert.equal(dek, zeros)
})

test('the keys of a slice are wiped when wrapping one under the other fails', async () => {
  const psek = randomBytes(32)
  const drawn: Buffer[] = []
  const context = makeContext({
    openKey: async () => psek,
    random: size => {
      const bytes = randomBytes(size)
      drawn.push(bytes)
      return bytes
    },
    clock: () => new Date(Number.NaN),
  })
  const job = { ...stored, event_id: 'evt_1', preparation_id: 'prep_1' } as unknown as Parameters<typeof sliceJob>[1]
  const error = await sliceJob(context, job).catch((e: unknown) => e)
  assert.instance(error, RangeError)
  assert.equal(psek, zeros, 'the printer’s key')
  assert.ok(drawn.length > 0)
  for (const bytes of drawn) assert.equal(bytes, Buffer.alloc(bytes.length), 'the G-code’s key')
})

function makeContext(parts: Partial<Context> & { read?: () => Promise<Buffer> }): Context {
  const started = {
    preparation_id: 'prep_1',
    lease_id: 'lease_1',
    lease_seconds: 60,
    profile: testProfile(),
    cws_token: 'grant',
    kek_encrypted_psek: 'wrapped',
    gcode_gcs_uri: 'gs://bucket/gcode',
    model_title: null,
    engine: null,
  }
  return {
    log: silentLog,
    clock: () => new Date(),
    random: randomBytes,
    storage: { read: parts.read, remove: async () => {} },
    marketplace: { start: async () => started, progress: async () => ({ cancelled: false }), release: async () => {} },
    engines: [quickEngine()],
    slices: createLimit({ atOnce: 1, waiting: 0 }),
    stopping: new AbortController().signal,
    ...parts,
  } as unknown as Context
}

test.run()
