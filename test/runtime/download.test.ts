/** Downloads from Cloud Storage whose connection breaks or falls silent. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type DownloadOptions, downloadObject } from '../../runtime/storage/download.ts'
import { storageRest } from '../../runtime/storage/rest.ts'
import { uploadObject } from '../../runtime/storage/upload.ts'
import { startFaultProxy } from '../make/fault-proxy.ts'
import { become, makeGoogle, makeGoogleDir } from '../make/google.ts'

const test = suite('downloads from Cloud Storage')
const { dataDir, remove } = makeGoogleDir()
const google = await makeGoogle(dataDir)
become(google, 'writer')
const proxy = await startFaultProxy(google.storageUrl)
const send = storageRest({ apiEndpoint: proxy.url })
test.after(async () => {
  await proxy.close()
  await google.close()
  remove()
})

const bytes = randomBytes(3_000_000)
const place = { bucket: 'files', name: 'a' }
const target = { ...place, contentType: 'application/octet-stream' }

async function* whole() {
  yield bytes
}

test.before(() => uploadObject(send, target, whole(), { pieceBytes: 1024 * 1024 }))
test.before.each(() => proxy.script([]))

async function download(options: DownloadOptions = {}): Promise<Buffer> {
  return Buffer.concat(await downloadObject(send, place, options).toArray())
}

/** The failure, and how long it took. */
async function failure(options: DownloadOptions = {}): Promise<{ error: Error; ms: number }> {
  const begun = performance.now()
  const error = await download(options).then(
    () => new Error('no failure'),
    (error: Error) => error,
  )
  return { error, ms: performance.now() - begun }
}

test('an object is downloaded whole or by range', async () => {
  assert.ok((await download()).equals(bytes))
  assert.ok((await download({ range: { start: 5, end: 9 } })).equals(bytes.subarray(5, 10)))
})

test('a connection that breaks off is a failure at once, not after a silence', async () => {
  proxy.script([{ kind: 'cutAnswer' }])
  const { error, ms } = await failure()
  assert.match(error.message, 'terminated')
  assert.ok(ms < 10_000, `${ms} ms`)
  google.faults.downloadsToCut = 1
  assert.match((await failure({ range: { start: 0, end: 2_000_000 } })).error.message, 'terminated')
})

test('silence is a failure after a while', async () => {
  proxy.script([{ kind: 'hang', ms: 60_000 }])
  const { error, ms } = await failure({ stallMs: 300 })
  assert.match(error.message, 'sent nothing for 0.3 s')
  assert.ok(ms < 10_000, `${ms} ms`)
})

test('a reader may take the end of an object long after the storage has sent it', async () => {
  const stallMs = 1500
  // Fewer bytes than the stream buffers: the storage has sent all of them before the reader begins.
  const stream = downloadObject(send, place, { range: { start: 0, end: 9 }, stallMs })
  await once(stream, 'readable')
  await new Promise(resolve => setTimeout(resolve, 2 * stallMs))
  assert.equal(Buffer.concat(await stream.toArray()), bytes.subarray(0, 10))
})

test('trouble before the first byte is waited out', async () => {
  proxy.script([{ kind: 'answer', status: 503 }, { kind: 'answer', status: 429 }, { kind: 'lose' }])
  assert.ok((await download()).equals(bytes))
})

test('a refusal has its status', async () => {
  for (const status of [403, 404]) {
    proxy.script([{ kind: 'answer', status }])
    const { error } = await failure()
    assert.is((error as { code?: unknown }).code, status)
  }
})

test.run()
