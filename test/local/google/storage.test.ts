import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { crc32c, encodeCrc32c } from '../../../local/google/storage/crc32c.ts'
import { makeGoogle, makeGoogleDir } from '../../make/google.ts'
import { bearerOf, codeOf, storageClient } from '../../make/google-storage.ts'

const test = suite('google: Cloud Storage')
const { dataDir, remove } = makeGoogleDir()
let google = await makeGoogle(dataDir)
test.after(async () => {
  await google.close()
  remove()
})

const storageOf = (account: string) => storageClient(google, account)
const bearer = (account: string) => bearerOf(google, account)
const filesOf = async (account: string) => (await storageOf(account)).bucket('files')
const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('base64')

test('CRC-32C is that of the standard, in one piece or in many', () => {
  assert.is(crc32c(0, Buffer.from('123456789')), 0xe3069283)
  assert.is(encodeCrc32c(crc32c(0, Buffer.alloc(32))), 'ipE2qg==')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
      assert.is(crc32c(crc32c(0, bytes.subarray(0, cut)), bytes.subarray(cut)), crc32c(0, bytes))
    }),
  )
})

test('a small file comes back as it was sent, with its metadata', async () => {
  const bytes = randomBytes(100_001)
  const file = (await filesOf('writer')).file('models/größe 1.stl')
  await file.save(bytes, { resumable: false, metadata: { contentType: 'model/stl', metadata: { owner: 'user_1' } } })

  assert.equal((await file.download())[0], bytes)
  const [metadata] = await file.getMetadata()
  assert.is(metadata.md5Hash, md5(bytes))
  assert.is(metadata.contentType, 'model/stl')
  assert.equal(metadata.metadata, { owner: 'user_1' })
  assert.is(Number(metadata.size), bytes.length)
})

test('an empty file is a file, in one request or by a session', async () => {
  for (const resumable of [true, false]) {
    const file = (await filesOf('writer')).file(`empty-${resumable}`)
    await file.save(Buffer.alloc(0), { resumable })
    assert.is((await file.download())[0].length, 0)
  }
})

test('a body that holds what looks like a boundary is kept whole', async () => {
  const bytes = Buffer.from('\r\n--x--\r\n'.repeat(5000))
  const file = (await filesOf('writer')).file('boundaries')
  await file.save(bytes, { resumable: false })
  assert.equal((await file.download())[0], bytes)
})

test('a file of several MB goes up in chunks and can be read in ranges', async () => {
  const bytes = randomBytes(5 * 1024 * 1024 + 12_345)
  const file = (await filesOf('writer')).file('chunked')
  await file.save(bytes, { resumable: true, chunkSize: 512 * 1024 })

  const [metadata] = await file.getMetadata()
  assert.is(metadata.md5Hash, md5(bytes))
  assert.is(metadata.crc32c, encodeCrc32c(crc32c(0, bytes)))
  assert.equal((await file.download())[0], bytes)
  const range = (start: number, end: number) => file.download({ start, end }).then(([part]) => part)
  assert.equal(await range(1000, 70_000), bytes.subarray(1000, 70_001))
  assert.equal(await range(bytes.length - 10, bytes.length + 10), bytes.subarray(-10))
  assert.is(await codeOf(range(bytes.length, bytes.length + 1)), 416)
})

test('an upload whose connection is cut goes on where it stopped', async () => {
  const bytes = randomBytes(3 * 1024 * 1024)
  for (const chunkSize of [undefined, 1024 * 1024]) {
    google.faults.uploadsToCut = 1
    const file = (await filesOf('writer')).file(`cut-${chunkSize}`)
    const options = { resumable: true, preconditionOpts: { ifGenerationMatch: 0 } }
    await file.save(bytes, chunkSize ? { ...options, chunkSize } : options)
    assert.is(google.faults.uploadsToCut, 0)
    assert.is((await file.getMetadata())[0].md5Hash, md5(bytes))
  }
})

test('a session goes on after a restart of the store, and tells its result again', async () => {
  const bytes = randomBytes(1024 * 1024)
  const half = bytes.length / 2
  const file = (await filesOf('writer')).file('resumed')
  const [uri] = await file.createResumableUpload({ metadata: { contentType: 'text/plain' } })
  const put = async (body: Buffer | null, range: string) => {
    const headers = { ...(await bearer('writer')), 'content-range': range }
    return fetch(uri.replace(/^http:\/\/[^/]+/, google.storageUrl), { method: 'PUT', headers, body })
  }
  assert.is((await put(bytes.subarray(0, half), `bytes 0-${half - 1}/*`)).status, 308)

  await restart()
  const asked = await put(null, 'bytes */*')
  assert.is(asked.headers.get('range'), `bytes=0-${half - 1}`)
  const odd = await put(bytes.subarray(half, half + 5), `bytes ${half}-${half + 4}/*`)
  assert.is(odd.status, 400, 'a chunk in the middle is a multiple of 256 KiB')
  const misplaced = await put(bytes.subarray(0, half), `bytes 0-${half - 1}/*`)
  assert.is(misplaced.headers.get('range'), `bytes=0-${half - 1}`)
  const last = await put(bytes.subarray(half), `bytes ${half}-${bytes.length - 1}/${bytes.length}`)
  assert.is(last.status, 200)
  assert.equal(await (await put(null, 'bytes */*')).json(), await last.json())

  const again = (await filesOf('writer')).file('resumed')
  assert.equal((await again.download())[0], bytes)
  assert.is((await again.getMetadata())[0].contentType, 'text/plain')
})

test('what was stored is there after a restart', async () => {
  const bytes = randomBytes(1000)
  const file = (await filesOf('writer')).file('kept')
  await file.save(bytes)
  await file.save(Buffer.concat([bytes, bytes]))
  await restart()
  assert.equal((await (await filesOf('writer')).file('kept').download())[0], Buffer.concat([bytes, bytes]))
})

test('a precondition that does not hold changes nothing', async () => {
  const files = await filesOf('writer')
  const file = files.file('guarded')
  await file.save('one', { preconditionOpts: { ifGenerationMatch: 0 } })
  for (const resumable of [true, false]) {
    const second = file.save('two', { resumable, preconditionOpts: { ifGenerationMatch: 0 } })
    assert.is(await codeOf(second), 412)
  }
  assert.is((await file.download())[0].toString(), 'one')
  const { generation } = (await file.getMetadata())[0]
  await file.save('three', { preconditionOpts: { ifGenerationMatch: generation! } })
  assert.is(await codeOf(file.delete({ ifGenerationMatch: generation! })), 412)
  assert.is(await codeOf(files.file('guarded', { generation: generation! }).download()), 404)
})

test('of many writers who each want to be the first, one is', async () => {
  const files = await filesOf('writer')
  const codes = await Promise.all(
    Array.from({ length: 8 }, (_, writing) =>
      codeOf(files.file('first').save(`${writing}`, { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } })),
    ),
  )
  assert.is(codes.filter(code => code === 'no error').length, 1)
  assert.is(codes.filter(code => code === 412).length, 7)
})

test('files are listed by prefix in pages, changed and deleted', async () => {
  const files = await filesOf('writer')
  for (const name of ['list/c', 'list/a', 'list/b', 'lisp']) await files.file(name).save(name)
  const page = async (pageToken?: string) => {
    const query = { prefix: 'list/', maxResults: 2, autoPaginate: false, ...(pageToken ? { pageToken } : {}) }
    const [found, next] = await files.getFiles(query)
    return { names: found.map(file => file.name), next: (next as { pageToken?: string } | null)?.pageToken }
  }
  const first = await page()
  assert.equal(first.names, ['list/a', 'list/b'])
  assert.equal(await page(first.next), { names: ['list/c'], next: undefined })

  const file = files.file('list/a')
  await file.setMetadata({ metadata: { state: 'draft', note: 'x' } })
  await file.setMetadata({ metadata: { state: 'final', note: null } })
  const [metadata] = await file.getMetadata()
  assert.equal(metadata.metadata, { state: 'final' })
  assert.is(Number(metadata.metageneration), 3)

  await file.delete()
  assert.is((await file.exists())[0], false)
  assert.is(await codeOf(file.download()), 404)
  assert.is(await codeOf(file.delete()), 404)
  assert.is((await files.getFiles({ prefix: 'list/' }))[0].length, 2)
})

test('an upload with the wrong hash leaves nothing behind', async () => {
  const file = (await filesOf('writer')).file('wrong-hash')
  const upload = file.save('body', { resumable: false, metadata: { md5Hash: md5(Buffer.from('other')) } })
  assert.is(await codeOf(upload), 400)
  assert.is((await file.exists())[0], false)
})

// By fetch: the client's own createReadStream never ends when its connection breaks, so its users need a time limit.
test('a download can be cut in its middle', async () => {
  await (await filesOf('writer')).file('cut-download').save(randomBytes(500_000))
  const download = async () => {
    const headers = await bearer('reader')
    return (await fetch(`${google.storageUrl}/storage/v1/b/files/o/cut-download?alt=media`, { headers })).arrayBuffer()
  }
  google.faults.downloadsToCut = 1
  assert.is(await download().catch((error: Error) => error.message), 'terminated')
  assert.is(((await download()) as ArrayBuffer).byteLength, 500_000)
})

test('a refused request and a lost answer of a copy are retried by the client', async () => {
  const bytes = randomBytes(10_000)
  const file = (await filesOf('writer')).file('retried')
  google.faults.storageRequestsToRefuse = 2
  await file.save(bytes, { resumable: false })
  assert.is(google.faults.storageRequestsToRefuse, 0)
  google.faults.copyAnswersToDrop = 1
  const copied = await file.copy('retried-copy').then(
    () => 'copied',
    () => 'the answer was lost',
  )
  assert.is(google.faults.copyAnswersToDrop, 0)
  assert.equal((await (await filesOf('writer')).file('retried-copy').download())[0], bytes, copied)
})

test('a slow storage answers each request late', async () => {
  const file = (await filesOf('writer')).file('late')
  await file.save('late', { resumable: false })
  google.faults.storageDelayMs = 200
  const started = performance.now()
  assert.is((await file.exists())[0], true)
  google.faults.storageDelayMs = 0
  assert.ok(performance.now() - started >= 195)
})

test('a stream of unknown length is stored as it comes', async () => {
  const pieces = Array.from({ length: 100 }, () => randomBytes(10_000))
  const file = (await filesOf('writer')).file('streamed')
  await pipeline(Readable.from(pieces), file.createWriteStream({ resumable: false }))
  assert.equal((await file.download())[0], Buffer.concat(pieces))
})

async function restart(): Promise<void> {
  await google.close()
  google = await makeGoogle(dataDir)
}

test.run()
