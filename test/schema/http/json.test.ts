import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isAppError } from '../../../schema/http/errors.ts'
import { parseJson } from '../../../schema/http/json.ts'

const test = suite('bounded JSON')
const limits = { maxDepth: 4, maxValues: 10 }

function codeOf(text: string): string {
  try {
    parseJson(text, limits)
    return 'parsed'
  } catch (error) {
    return isAppError(error) ? error.code : String(error)
  }
}

test('JSON within the limits is parsed as by JSON.parse', () => {
  const wide = { maxDepth: 100, maxValues: 100_000 }
  fc.assert(fc.property(fc.json(), text => assert.equal(parseJson(text, wide), JSON.parse(text))))
  fc.assert(fc.property(fc.string(), text => assert.is(parseJson(JSON.stringify(text), limits), text)))
})

test('depth and number of values are refused one past the limit', () => {
  assert.is(codeOf('[[[[]]]]'), 'parsed')
  assert.is(codeOf('[[[[[]]]]]'), 'invalid_input')
  assert.is(codeOf('{"a":{"a":{"a":{"a":{}}}}}'), 'invalid_input')
  assert.is(codeOf(`[${'1,'.repeat(8)}1]`), 'parsed')
  assert.is(codeOf(`[${'1,'.repeat(9)}1]`), 'invalid_input')
  assert.is(codeOf(`{${'"a":1,'.repeat(9)}"a":1}`), 'invalid_input')
})

test('brackets, commas and quotes within strings count for nothing', () => {
  assert.is(codeOf('["[[[[[[","]]]]","{{{{{{{",",,,,,,,,,,,,"]'), 'parsed')
  assert.is(codeOf(String.raw`["\"[[[[[[", "\\", "[[[[[[\\\"[[[[["]`), 'parsed')
  assert.is(codeOf(String.raw`["\\",[[[[[]]]]]]`), 'invalid_input')
})

test('invalid JSON is refused, wherever it breaks off', () => {
  for (const text of ['', '{', '"', '"\\', '[1,]', '{"a"}', ']]]]]]', 'nope']) {
    assert.is(codeOf(text), 'bad_request', text)
  }
  assert.is(codeOf('['.repeat(6000)), 'invalid_input')
})

test.run()
