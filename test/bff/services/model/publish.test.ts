import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { and, eq, isNull } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { googleBucket } from '../../../../bff/bucket/google.ts'
import type { Inspect } from '../../../../bff/inspect.ts'
import { removeAbandonedModels } from '../../../../bff/services/model/remove-abandoned.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { openWithGrant } from '../../../../runtime/cws.ts'
import { modelLicenses, outbox, publishedModels } from '../../../../schema/db/bff/index.ts'
import { decryptModel } from '../../../../schema/gcode/model.ts'
import { AppError } from '../../../../schema/http/errors.ts'
import { modelMaxBytes } from '../../../../schema/http/models.ts'
import { type Asked, codeOf, makeApi, requireDocumented } from '../../../make/api.ts'
import { type ProxyFault, startFaultProxy } from '../../../make/fault-proxy.ts'
import { become, makeGoogle, makeGoogleDir, projectId, until } from '../../../make/google.ts'
import { makeMoney } from '../../../make/money.ts'

const test = suite('publishing models')
const { dataDir, remove } = makeGoogleDir()
const google = await makeGoogle(dataDir)
become(google, 'writer')
const proxy = await startFaultProxy(google.storageUrl)
const uploadTiming = { requestMs: 2000, patienceMs: 1000, firstPauseMs: 1, longestPauseMs: 20 }
const bucket = googleBucket({ bucketName: 'files', projectId, apiEndpoint: proxy.url, uploadTiming })

/** What the slicer does with a stored model: opens it by the grant. `refusal` is what it says of it, if anything. */
let opened: Buffer | undefined
let refusal: AppError | undefined
const inspect: Inspect = async request => {
  const dek = await openWithGrant(market.cwsUrl, request.cws_token, request.stl_dek)
  const sealed = Buffer.concat(await bucket.read(request.stl_gcs_uri).toArray())
  const key = { dek, iv: Buffer.from(request.stl_iv, 'base64'), mac: Buffer.from(request.stl_mac, 'base64') }
  opened = decryptModel(sealed, key)
  if (refusal) throw refusal
  return {
    triangles: 12,
    dimensions_mm: { x: 10, y: 20, z: 30 },
    volume_mm3: 6000,
    warnings: ['open edges'],
    thumbnail: Buffer.from('a picture').toString('base64'),
  }
}
const market = await makeMoney({ bucket, inspect, settings: { bucketName: 'files' } })
const { ctx, db, clock } = market
const api = await makeApi(market)
const designer = await market.newUser('designer')
const { token } = await ctx.tokens.forUser(designer.userId, 'designer')
test.before.each(() => {
  refusal = undefined
  opened = undefined
})
test.after(async () => {
  await api.close()
  await market.close()
  await proxy.close()
  await google.close()
  remove()
})

const terms = { license_type: 'pay-per-print', price_hbar: '12.5', prints_allowed: 3 }
const metadata = { title: 'Gear', description: 'Turns', nft_id: '0.0.1234', licenses: [terms] }
const canary = 'solid the plaintext of a model must never be seen at rest'
const stl = Buffer.concat([Buffer.from(canary), randomBytes(300_000)])

type Part = [name: string, value: string | Buffer]

async function publish(parts: Part[], headers: Record<string, string> = {}) {
  const form = new FormData()
  for (const [name, value] of parts) {
    form.append(name, typeof value === 'string' ? value : new Blob([new Uint8Array(value)]))
  }
  return send(form, headers)
}

async function send(form: FormData, headers: Record<string, string> = {}): Promise<Asked> {
  const auth = { authorization: `Bearer ${token}` }
  const response = await fetch(`${api.url}/api/publish-model`, {
    method: 'POST',
    body: form,
    headers: { ...auth, ...headers },
  })
  const answer = { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
  requireDocumented('POST', '/api/publish-model', answer)
  return answer
}

/** Waits until the removals are done, and checks that neither the database nor the bucket knows more than before. */
async function nothingIsLeft(before: { rows: number; objects: number }): Promise<void> {
  await until(async () => {
    await drain(ctx)
    // The request's own relay may be at one of them.
    return (await db.$count(outbox, and(eq(outbox.channel, 'delete-object'), isNull(outbox.deliveredAt)))) === 0
  })
  assert.is(await db.$count(publishedModels), before.rows)
  assert.is(objects().length, before.objects)
}
const objects = () => readdirSync(join(dataDir, 'storage/buckets/files/objects'))
const state = async () => ({ rows: await db.$count(publishedModels), objects: objects().length })

test('a model is published with its terms, its size and its picture', async () => {
  const { status, body } = await publish([
    ['metadata', JSON.stringify(metadata)],
    ['model', stl],
  ])
  assert.is(status, 201)
  assert.ok(opened?.equals(stl), 'the slicer can open what was stored')
  assert.equal(body.licenses, [{ ...terms, price_print: null }])
  assert.equal([body.title, body.nft_id, body.triangles, body.warnings], ['Gear', '0.0.1234', 12, ['open edges']])
  assert.equal(body.dimensions_mm, { x: 10, y: 20, z: 30 })

  assert.equal((await api.ask('GET', '/api/models')).body.models, [body])
  assert.equal((await api.ask('GET', `/api/models/${body.model_id}`)).body, body)
  const picture = await api.ask('GET', `/api/models/${body.model_id}/thumbnail`)
  assert.equal([picture.headers.get('content-type'), picture.body], ['image/png', 'a picture'])
})

test('the metadata may come after the file', async () => {
  const { status, body } = await publish([
    ['model', stl],
    ['metadata', JSON.stringify(metadata)],
  ])
  assert.is(status, 201)
  assert.is(body.title, 'Gear')
})

const pass: ProxyFault = { kind: 'pass' }
const answers = (status: number, times: number) => Array<ProxyFault>(times).fill({ kind: 'answer', status })

test('a storage that is busy for a moment is waited for', async () => {
  for (const status of [503, 429]) {
    proxy.script([pass, ...answers(status, 4)])
    const parts: Part[] = [
      ['metadata', JSON.stringify(metadata)],
      ['model', stl],
    ]
    assert.is((await publish(parts)).status, 201)
  }
})

const storageTrouble: [string, ProxyFault[]][] = [
  ['is busy all the time', answers(503, 10_000)],
  ['is asked too often all the time', answers(429, 10_000)],
  ['takes our token no more', answers(401, 2)],
  ['does not let us write', answers(403, 1)],
  ['does not let us write any more', [pass, ...answers(403, 1)]],
  ['has lost the upload', [pass, pass, ...answers(410, 1)]],
]
for (const [what, script] of storageTrouble) {
  test(`a storage that ${what} makes publishing unavailable, and nothing is left`, async () => {
    const before = await state()
    proxy.script(script)
    // Two pieces of an upload.
    const large = randomBytes(3 * 1024 * 1024)
    const refused = await publish([
      ['model', large],
      ['metadata', JSON.stringify(metadata)],
    ])
    assert.is(codeOf(refused), 'unavailable')
    assert.is(refused.status, 503)
    proxy.script([])
    clock.pass(60_000)
    await nothingIsLeft(before)
  })
}

test('nothing of the model is at rest in the clear', () => {
  const bodies = join(dataDir, 'storage/buckets/files/bodies')
  const files = readdirSync(bodies).map(name => readFileSync(join(bodies, name)))
  assert.ok(files.length >= 2)
  for (const file of files) assert.not.ok(file.includes('plaintext'))
})

test('what the slicer refuses is answered with its code, and nothing is left', async () => {
  const before = await state()
  refusal = new AppError('stl_not_finite', 'Triangle 7 has a corner at infinity.')
  const answer = await publish([
    ['metadata', JSON.stringify(metadata)],
    ['model', stl],
  ])
  assert.is(codeOf(answer), 'stl_not_finite')
  assert.is(answer.body.detail, 'Triangle 7 has a corner at infinity.')
  await nothingIsLeft(before)
})

test('metadata may come as a page sends it: a part of its own type with a file name', async () => {
  for (const type of ['application/json', 'text/plain']) {
    for (const isFirst of [true, false]) {
      const form = new FormData()
      const add = () => form.append('metadata', new Blob([JSON.stringify(metadata)], { type }))
      if (isFirst) add()
      form.append('model', new Blob([new Uint8Array(stl)]), 'Würfel 20 mm (final) #2.stl')
      if (!isFirst) add()
      const { status, body } = await send(form)
      assert.is(status, 201, JSON.stringify(body))
      assert.is(body.title, 'Gear')
    }
  }
})

test('metadata as a part of its own is no larger than a field may be', async () => {
  const before = await state()
  const form = new FormData()
  form.append('metadata', new Blob([' '.repeat(65_537)], { type: 'application/json' }))
  form.append('model', new Blob([new Uint8Array(stl)]))
  assert.is(codeOf(await send(form)), 'payload_too_large')
  await nothingIsLeft(before)
})

test('a form that is not whole is refused, whatever was stored already', async () => {
  const before = await state()
  const text = JSON.stringify(metadata)
  const changed = (changes: object) => JSON.stringify({ ...metadata, ...changes })
  const forms: Record<string, Part[]> = {
    'no metadata': [['model', stl]],
    'no file': [['metadata', text]],
    'metadata that is not JSON': [
      ['model', stl],
      ['metadata', '{'],
    ],
    'metadata of nothing but brackets': [
      ['model', stl],
      ['metadata', '['.repeat(6000) + ']'.repeat(6000)],
    ],
    'no licence': [
      ['model', stl],
      ['metadata', changed({ licenses: [] })],
    ],
    'a price of nothing': [
      ['model', stl],
      ['metadata', changed({ licenses: [{ ...terms, price_hbar: '0' }] })],
    ],
    'a price finer than the currency': [
      ['model', stl],
      ['metadata', changed({ licenses: [{ ...terms, price_print: '0.001' }] })],
    ],
  }
  for (const [what, parts] of Object.entries(forms)) assert.is(codeOf(await publish(parts)), 'invalid_input', what)
  const two: Part[] = [
    ['model', stl],
    ['model', stl],
  ]
  assert.is(codeOf(await publish([['metadata', text], ...two])), 'bad_request')
  assert.is(codeOf(await api.ask('POST', '/api/publish-model', { token, body: {} })), 'unsupported_media_type')
  assert.is(await db.$count(modelLicenses), before.rows)
  await nothingIsLeft(before)
})

test('only designers publish', async () => {
  const enthusiast = await market.newUser()
  const { token: other } = await ctx.tokens.forUser(enthusiast.userId, 'enthusiast')
  const parts: Part[] = [['metadata', JSON.stringify(metadata)]]
  assert.is(codeOf(await publish(parts, { authorization: `Bearer ${other}` })), 'forbidden')
  assert.is(codeOf(await api.ask('POST', '/api/publish-model', { body: {} })), 'unauthenticated')
})

test('a file that says it is too large is refused before it is read', async () => {
  const before = await state()
  const { code, sent } = await upload({ 'content-length': String(2 * modelMaxBytes) }, 2 * modelMaxBytes)
  assert.is(code, 'payload_too_large')
  assert.ok(sent < modelMaxBytes / 4, `${sent} bytes were sent`)
  await nothingIsLeft(before)
})

test('a file that only turns out to be too large is refused at the limit, and nothing is left', async () => {
  const before = await state()
  const { code, sent } = await upload({ 'transfer-encoding': 'chunked' }, 2 * modelMaxBytes)
  assert.is(code, 'payload_too_large')
  assert.ok(sent < 1.5 * modelMaxBytes, `${sent} bytes were sent`)
  await nothingIsLeft(before)
})

test('an upload that breaks off leaves nothing', async () => {
  const before = await state()
  await upload({ 'transfer-encoding': 'chunked' }, 12 * 1024 * 1024, 'break off').catch(() => {})
  const deadline = Date.now() + 5000
  while ((await db.$count(publishedModels)) > before.rows && Date.now() < deadline) await drain(ctx)
  await nothingIsLeft(before)
})

test('what a process that died left in the middle of publishing is removed after an hour', async () => {
  const before = await state()
  await bucket.write('models/left', [stl] as unknown as AsyncIterable<Buffer>)
  await db.insert(publishedModels).values({
    modelId: 'model_left',
    designerId: designer.userId,
    title: '',
    description: '',
    status: 'inspecting',
    fileUrl: bucket.uri('models/left'),
    modelDek: '',
    modelFileIv: '',
    tokenTreasuryAccountId: '0.0.1',
    createdAt: ctx.clock(),
  })
  await removeAbandonedModels(ctx)
  assert.is(await db.$count(publishedModels), before.rows + 1)
  clock.pass(3601_000)
  await removeAbandonedModels(ctx)
  await nothingIsLeft(before)
})

/** Sends a form piece by piece until all of it is sent or an answer comes, as a client on a slow line would. */
function upload(headers: Record<string, string>, size: number, end?: 'break off') {
  return new Promise<{ code: string; sent: number }>((resolve, reject) => {
    const boundary = 'a-boundary'
    const request = httpRequest(`${api.url}/api/publish-model`, {
      method: 'POST',
      headers: {
        ...headers,
        authorization: `Bearer ${token}`,
        'content-type': `multipart/form-data; boundary=${boundary}`,
      },
    })
    let sent = 0
    let isAnswered = false
    request.on('error', error => !isAnswered && reject(error))
    request.on('response', response => {
      isAnswered = true
      response
        .toArray()
        .then(pieces => resolve({ code: JSON.parse(Buffer.concat(pieces).toString()).code, sent }))
        .catch(reject)
        .finally(() => request.destroy())
    })
    request.write(`--${boundary}\r\nContent-Disposition: form-data; name="model"; filename="a.stl"\r\n\r\n`)
    const piece = Buffer.alloc(256 * 1024)
    const sendMore = () => {
      while (sent < size && !isAnswered) {
        sent += piece.length
        if (!request.write(piece)) return void request.once('drain', () => setImmediate(sendMore))
      }
      if (end) request.destroy(new Error('broken off'))
    }
    sendMore()
  })
}

test.run()
