/** What a designer sees of a model before it is published, and units and pictures of one that is. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { requireDocumented } from '../../../make/api.ts'
import { makePublishing, stl } from '../../../make/publishing.ts'

const test = suite('looking at a model before it is published')
const world = await makePublishing()
const { publish, slicer, state, nothingIsLeft, api, token, close } = world
test.after(close)
test.after.each(() => {
  slicer.answer = undefined
})

const licenses = [{ license_type: 'prints', price_hbar: '1', prints_allowed: 1 }]
const picture = (text: string) => Buffer.from(text).toString('base64')
const thumbnails = (['isometric', 'front', 'side', 'top'] as const).map(view => ({ view, png: picture(view) }))

test('its size, suggestions and pictures are answered, and nothing is left', async () => {
  const before = await state()
  const fault = { code: 'stl_too_small' as const, message: 'The model is 0.12 x 0.08 x 0.05 mm.' }
  const suggestions = [{ units: 'm' as const, dimensions_mm: { x: 120, y: 80, z: 50 } }]
  slicer.answer = { format: 'obj', fault, suggestions, thumbnails }
  const { status, body } = await inspect({ units: 'mm' })
  assert.is(status, 200)
  assert.equal([body.format, body.fault, body.suggestions, body.thumbnails], ['obj', fault, suggestions, thumbnails])
  assert.is(slicer.units, 'mm')
  assert.ok(slicer.opened?.equals(stl))
  await nothingIsLeft(before)
})

test('the form needs no metadata, and a refusal of the slicer is the answer', async () => {
  const before = await state()
  assert.is((await inspect()).status, 200)
  assert.is(slicer.units, null)
  assert.is((await inspect({ units: 'cubit' })).body.code, 'invalid_input')
  await nothingIsLeft(before)
})

test('a model at fault is not published', async () => {
  const before = await state()
  slicer.answer = { fault: { code: 'stl_exceeds_bed', message: 'The model is 2000.00 x 2000.00 x 2000.00 mm.' } }
  const { status, body } = await publish([
    ['metadata', JSON.stringify({ title: 'Cube', licenses })],
    ['model', stl],
  ])
  assert.equal([status, body.code], [422, 'stl_exceeds_bed'])
  await nothingIsLeft(before)
})

test('units are kept with a published model, and each picture has its address', async () => {
  slicer.answer = { thumbnails }
  const metadata = JSON.stringify({ title: 'Bracket', units: 'inch', licenses })
  const { status, body } = await publish([
    ['model', stl],
    ['metadata', metadata],
  ])
  assert.is(status, 201)
  assert.is(slicer.units, 'inch')
  assert.is(body.units, 'inch')
  assert.equal(
    body.thumbnails.map((one: { view: string }) => one.view),
    ['isometric', 'front', 'side', 'top'],
  )
  for (const view of ['front', 'side', 'top']) assert.is(await pictureOf(body.model_id, `?view=${view}`), view)
  assert.is(await pictureOf(body.model_id, ''), 'a picture')
})

test('a model that has one picture names only that', async () => {
  const { body } = await publish([
    ['model', stl],
    ['metadata', JSON.stringify({ title: 'Old', licenses })],
  ])
  assert.equal(
    body.thumbnails.map((one: { view: string }) => one.view),
    ['isometric'],
  )
  const answer = await fetch(`${api.url}/api/models/${body.model_id}/thumbnail?view=top`)
  assert.is(answer.status, 404)
})

test.run()

async function inspect(metadata?: object) {
  const form = new FormData()
  if (metadata) form.append('metadata', JSON.stringify(metadata))
  form.append('model', new Blob([new Uint8Array(stl)]), 'a.stl')
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${api.url}/api/inspect-model`, { method: 'POST', body: form, headers })
  const answer = { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
  requireDocumented('POST', '/api/inspect-model', answer)
  return answer
}

async function pictureOf(modelId: string, query: string): Promise<string> {
  return (await fetch(`${api.url}/api/models/${modelId}/thumbnail${query}`)).text()
}
