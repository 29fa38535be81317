import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../../../schema/http/errors.ts'
import { codeOf } from '../../../make/api.ts'
import { makePublishing, metadata, type Part, stl, terms } from '../../../make/publishing.ts'

const test = suite('publishing models')
const world = await makePublishing()
const { api, ctx, dataDir, nothingIsLeft, publish, slicer, state } = world
test.before.each(() => {
  slicer.refusal = undefined
  slicer.opened = undefined
})
test.after(world.close)

test('a model is published with its terms, its size and its picture', async () => {
  const { status, body } = await publish([
    ['metadata', JSON.stringify(metadata)],
    ['model', stl],
  ])
  assert.is(status, 201)
  assert.ok(slicer.opened?.equals(stl), 'the slicer can open what was stored')
  assert.equal(body.licenses, [{ ...terms, price_print: null }])
  assert.equal([body.title, body.nft_id, body.triangles, body.warnings], ['Gear', '0.0.1234', 12, ['open edges']])
  assert.equal(body.dimensions_mm, { x: 10, y: 20, z: 30 })

  assert.equal((await api.ask('GET', '/api/models')).body.models, [body])
  assert.equal((await api.ask('GET', `/api/models/${body.model_id}`)).body, body)
  const picture = await api.ask('GET', `/api/models/${body.model_id}/thumbnail`)
  assert.equal([picture.headers.get('content-type'), picture.body], ['image/png', 'a picture'])
})

test('the designer says whether buyers may scale the model, and how much', async () => {
  const withTerms = (terms: object) =>
    publish([
      ['metadata', JSON.stringify({ ...metadata, ...terms })],
      ['model', stl],
    ])
  const scaling = async (terms: object) => {
    const { model_id } = (await withTerms(terms)).body
    const { body } = await api.ask('GET', `/api/models/${model_id}`)
    return [body.allow_scaling, body.scale_min_percent, body.scale_max_percent]
  }
  assert.equal(await scaling({}), [false, null, null])
  assert.equal(await scaling({ allow_scaling: true }), [true, 50, 200])
  assert.equal(await scaling({ allow_scaling: true, scale_min_percent: 33.3 }), [true, 33.3, 200])
  assert.equal(await scaling({ allow_scaling: true, scale_min_percent: 100, scale_max_percent: 100 }), [true, 100, 100])
  const before = await state()
  for (const terms of [
    { scale_max_percent: 150 },
    { allow_scaling: true, scale_min_percent: 120 },
    { allow_scaling: true, scale_max_percent: 1001 },
    { allow_scaling: 'yes' },
  ]) {
    const answer = await withTerms(terms)
    assert.is(codeOf(answer), 'invalid_input')
    assert.match(JSON.stringify(answer.body), /scal/)
  }
  await nothingIsLeft(before)
})

test('the metadata may come after the file', async () => {
  const { status, body } = await publish([
    ['model', stl],
    ['metadata', JSON.stringify(metadata)],
  ])
  assert.is(status, 201)
  assert.is(body.title, 'Gear')
})

test('nothing of the model is at rest in the clear', () => {
  const bodies = join(dataDir, 'storage/buckets/files/bodies')
  const files = readdirSync(bodies).map(name => readFileSync(join(bodies, name)))
  assert.ok(files.length >= 2)
  for (const file of files) assert.not.ok(file.includes('plaintext'))
})

test('a model that the slicer refuses is answered with its code and not kept', async () => {
  const before = await state()
  slicer.refusal = new AppError('stl_not_finite', 'Triangle 7 has a corner at infinity.')
  const answer = await publish([
    ['metadata', JSON.stringify(metadata)],
    ['model', stl],
  ])
  assert.is(codeOf(answer), 'stl_not_finite')
  assert.is(answer.body.detail, 'Triangle 7 has a corner at infinity.')
  await nothingIsLeft(before)
})

test('only designers publish', async () => {
  const enthusiast = await world.newUser()
  const { token: other } = await ctx.tokens.forUser(enthusiast.userId, 'enthusiast')
  const parts: Part[] = [['metadata', JSON.stringify(metadata)]]
  assert.is(codeOf(await publish(parts, { authorization: `Bearer ${other}` })), 'forbidden')
  assert.is(codeOf(await api.ask('POST', '/api/publish-model', { body: {} })), 'unauthenticated')
})

test.run()
