/** Uploads to Cloud Storage through everything that its own clients are tested with: refusals, lost answers, broken connections. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Faults } from '../../local/google/faults.ts'
import { uploadObject } from '../../runtime/storage/upload.ts'
import { isAppError } from '../../schema/http/errors.ts'
import type { ProxyFault } from '../make/fault-proxy.ts'
import { bytes, makeUploads, pieceBytes, pieces, timing, unit } from '../make/uploads.ts'

const test = suite('uploads to Cloud Storage')
const uploads = await makeUploads()
const { google, proxy, direct, upload, stored, openSessions, requireWhole, requireNothing } = uploads
test.after(uploads.close)

const impatient = { requestMs: 200, patienceMs: 600, firstPauseMs: 1, longestPauseMs: 20 }

const pass: ProxyFault = { kind: 'pass' }
const answer = (status: number): ProxyFault => ({ kind: 'answer', status })
const lose: ProxyFault = { kind: 'lose' }
// The requests of an upload of `bytes` that nothing happens to: begin, two full pieces, the last.
const toLast = [pass, pass, pass]

test('objects of every size around a piece arrive whole, an empty one among them', async () => {
  for (const size of [0, 1, unit, pieceBytes - 1, pieceBytes, pieceBytes + 1, 2 * pieceBytes, 2 * pieceBytes + 5]) {
    const content = bytes.subarray(0, size)
    for (const cut of [7 * unit, 99_999]) await requireWhole(await upload(pieces(content, cut)), content)
  }
  assert.equal(
    openSessions().filter(file => file.endsWith('.body')),
    [],
  )
})

test('a name is written once: what is there stays', async () => {
  const { name } = await upload()
  const target = { bucket: 'files', name, contentType: 'text/plain' }
  const again = await uploadObject(direct, target, pieces(Buffer.from('other')), { pieceBytes, timing }).catch(e => e)
  assert.ok(isAppError(again, 'unavailable'))
  assert.ok((await stored(name))?.equals(bytes))
})

const passing: [string, ProxyFault[]][] = [
  ['the session is refused', [answer(503), answer(429)]],
  ['the answer with the session’s address is lost', [lose]],
  ['a piece is refused', [pass, answer(503), answer(503)]],
  ['a piece is refused, and so is the question how much is there', [pass, answer(503), answer(503), answer(429)]],
  ['a piece takes too long', [pass, answer(408)]],
  ['a connection breaks in the middle of a piece', [pass, { kind: 'cut', afterBytes: unit + 5 }]],
  ['a piece’s answer is lost', [pass, lose, lose]],
  ['the last piece is refused, and the question, twice', [...toLast, answer(503), answer(503), answer(429)]],
  ['the last piece’s answer is lost', [...toLast, lose]],
  ['the last piece’s answer is lost, and the question is refused', [...toLast, lose, answer(503), answer(503)]],
  ['the last piece’s answer is lost, and its session forgotten', [...toLast, lose, answer(404)]],
  ['the last piece’s answer breaks off', [...toLast, { kind: 'cutAnswer' }, { kind: 'cutAnswer' }]],
  ['the session is gone at the first piece', [pass, answer(410)]],
  ['the token is refused once', [answer(401)]],
]
for (const [what, script] of passing) {
  test(`an upload arrives whole though ${what}`, async () => {
    proxy.script(script)
    await requireWhole(await upload())
  })
}

const storageFaults: (keyof Faults)[] = [
  ...(['uploadsToCut', 'chunksToRefuse', 'chunksToBreak', 'chunkAnswersToDrop'] as const),
]
for (const fault of storageFaults) {
  test(`an upload arrives whole through the storage’s own ${fault}`, async () => {
    for (const times of [1, 2, 5]) {
      google.faults[fault] = times
      google.faults.statusesToRefuse = times
      await requireWhole(await upload())
      Object.assign(google.faults, { [fault]: 0, statusesToRefuse: 0 })
    }
  })
}

const lasting: [string, ProxyFault[]][] = [
  ['may not write', [answer(403)]],
  ['has no valid token', [answer(401), answer(401)]],
  ['names a bucket that is not there', [answer(404)]],
  ['loses its session in the middle', [pass, pass, answer(410)]],
  ['loses its session and hears it by a question', [pass, pass, answer(503), answer(404)]],
  ['loses its session before its last piece arrived', [...toLast, answer(503), answer(404)]],
  ['may not write any more', [pass, pass, answer(403)]],
]
for (const [what, script] of lasting) {
  test(`an upload that ${what} is unavailable, and leaves nothing`, async () => {
    const before = openSessions()
    proxy.script(script)
    await requireNothing(await upload())
    assert.equal(openSessions(), before)
  })
}

for (const fault of [answer(503), answer(429), { kind: 'hang', ms: 5000 }, { kind: 'cut', afterBytes: 10 }] as const) {
  test(`an upload ends when the storage does nothing but ${JSON.stringify(fault)}`, async () => {
    for (const first of [[], [pass], toLast]) {
      proxy.script([...first, ...Array.from({ length: 1000 }, () => fault)])
      const begun = performance.now()
      const { error } = await upload(pieces(bytes), { timing: impatient })
      assert.ok(isAppError(error, 'unavailable'), String(error))
      assert.ok(performance.now() - begun < 10_000)
    }
    proxy.script([])
  })
}

test('an object that is not what was sent is taken away again', async () => {
  // Another hash in the storage's answer: as if a byte had changed on its way.
  const lying: typeof direct = async request => {
    const response = await direct(request)
    if (request.method !== 'PUT' || !response.ok) return response
    return Response.json({ ...((await response.json()) as object), md5Hash: 'AAAAAAAAAAAAAAAAAAAAAA==' })
  }
  const target = { bucket: 'files', name: 'models/lied', contentType: 'text/plain' }
  const error = await uploadObject(lying, target, pieces(bytes), { pieceBytes, timing }).catch(error => error)
  await requireNothing({ name: 'models/lied', error })
})

test('an error of the source ends the upload and leaves no object', async () => {
  const before = openSessions()
  for (const size of [0, 3 * unit]) {
    async function* failing() {
      yield* pieces(bytes.subarray(0, size))
      throw new Error('the sender went away')
    }
    const { name, error } = await upload(failing())
    assert.is((error as Error).message, 'the sender went away')
    assert.is(await stored(name), undefined)
  }
  assert.equal(openSessions(), before)
})

test('an upload that is called off ends at once, also while its source or the storage stands still', async () => {
  const before = openSessions()
  async function* still() {
    yield* pieces(bytes)
    await new Promise(() => {})
  }
  const reason = new Error('no more of it')
  for (const [source, script] of [
    [still(), []],
    [pieces(bytes), [pass, pass, { kind: 'hang', ms: 60_000 }]],
  ] as [AsyncIterable<Buffer>, ProxyFault[]][]) {
    proxy.script(script)
    const stop = new AbortController()
    setTimeout(() => stop.abort(reason), 300)
    const { name, error } = await upload(source, { signal: stop.signal, timing: { ...timing, requestMs: 60_000 } })
    assert.is(error, reason)
    assert.is(await stored(name), undefined)
  }
  assert.equal(openSessions(), before)
})

test('memory holds one piece of an object of any size', async () => {
  let given = 0
  let most = 0
  const counting: typeof direct = async request => {
    const [, first] = /^bytes (\d+)-/.exec(request.headers?.['content-range'] ?? '') ?? []
    if (first !== undefined) most = Math.max(most, given - Number(first))
    return direct(request)
  }
  async function* counted() {
    for await (const piece of pieces(randomBytes(20 * unit), 10_000)) {
      given += piece.length
      yield piece
    }
  }
  const target = { bucket: 'files', name: 'models/large', contentType: 'text/plain' }
  await uploadObject(counting, target, counted(), { pieceBytes, timing })
  assert.ok(most <= pieceBytes + 10_000, `${most} bytes were taken ahead`)
})

const anyPassing: fc.Arbitrary<ProxyFault> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(pass) },
  fc.constantFrom(408, 429, 500, 502, 503, 504).map(answer),
  fc.constantFrom<ProxyFault>(lose, { kind: 'cutAnswer' }, { kind: 'hang', ms: 10 }),
  fc.integer({ min: 0, max: 2 * pieceBytes }).map(afterBytes => ({ kind: 'cut' as const, afterBytes })),
)
const anyFault = fc.oneof(
  { weight: 8, arbitrary: anyPassing },
  fc.constantFrom(400, 401, 403, 404, 410, 412).map(answer),
)

test('under any faults, the object is exactly what was sent, or the upload is unavailable and there is no object', async () => {
  const script = (fault: fc.Arbitrary<ProxyFault>) => fc.array(fault, { maxLength: 14 })
  await fc.assert(
    fc.asyncProperty(
      script(anyFault),
      fc.nat(bytes.length),
      fc.integer({ min: 5000, max: 3 * unit }),
      async (faults, size, cut) => {
        proxy.script(faults)
        const content = bytes.subarray(0, size)
        const done = await upload(pieces(content, cut))
        proxy.script([])
        if (done.error) await requireNothing(done)
        else await requireWhole(done, content)
      },
    ),
    { numRuns: 60 },
  )
})

test('temporary faults never make an upload fail', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyPassing, { maxLength: 14 }), fc.nat(bytes.length), async (faults, size) => {
      proxy.script(faults)
      const content = bytes.subarray(0, size)
      const done = await upload(pieces(content))
      proxy.script([])
      await requireWhole(done, content)
    }),
    { numRuns: 30 },
  )
})

test.run()
