import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { modelLicenses } from '../../../../schema/db/bff/index.ts'
import { codeOf } from '../../../make/api.ts'
import { makePublishing, metadata, type Part, stl, terms } from '../../../make/publishing.ts'

const test = suite('the form of a model that is published')
const world = await makePublishing()
const { api, db, nothingIsLeft, publish, send, state, token } = world
test.after(world.close)

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

test('an incomplete form is refused, even when parts of it were stored', async () => {
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

test.run()
