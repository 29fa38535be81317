import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { removeAbandonedModels } from '../../../../bff/services/model/remove-abandoned.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { publishedModels } from '../../../../schema/db/bff/index.ts'
import { modelMaxBytes } from '../../../../schema/http/model-limits.ts'
import { codeOf } from '../../../make/api.ts'
import type { ProxyFault } from '../../../make/fault-proxy.ts'
import { makePublishing, metadata, type Part, stl } from '../../../make/publishing.ts'

const test = suite('uploads of models that are published')
const world = await makePublishing()
const { bucket, clock, ctx, db, designer, nothingIsLeft, proxy, publish, state, upload } = world
test.after(world.close)

const pass: ProxyFault = { kind: 'pass' }
const answers = (status: number, times: number) => Array<ProxyFault>(times).fill({ kind: 'answer', status })

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

test('an upload that a dead process left unfinished is removed after an hour', async () => {
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

test.run()
