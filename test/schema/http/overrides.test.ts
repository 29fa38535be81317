/** What a buyer may ask for: a whitelist, and its normal form. */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from '../../../runtime/http.ts'
import { isAppError } from '../../../schema/http/errors.ts'
import {
  normalOverrides,
  type Overrides,
  orientations,
  overrides,
  printedSize,
} from '../../../schema/http/overrides.ts'

const test = suite('overrides')

const limits = {
  copies: [1, 1000],
  scale_percent: [1, 1000],
  brim: [0, 50],
  infill_percent: [0, 100],
} as const
const numbers = Object.keys(limits) as (keyof typeof limits)[]
const accepts = (value: unknown) => overrides.safeParse(value).success

test('everything that is on the list is taken', () => {
  const valid = fc.record(
    {
      copies: fc.integer({ min: 1, max: 1000 }),
      scale_percent: fc.double({ min: 1, max: 1000, noNaN: true }),
      orientation: fc.constantFrom(...orientations),
      supports: fc.constantFrom('none', 'normal', 'tree'),
      brim: fc.oneof(fc.constantFrom('none', 'auto'), fc.double({ min: 0, max: 50, noNaN: true })),
      infill_percent: fc.double({ min: 0, max: 100, noNaN: true }),
    },
    { requiredKeys: [] },
  )
  fc.assert(fc.property(valid, value => accepts(value)))
})

test('a name that is not on the list is refused by its name', () => {
  const known = new Set(['copies', 'scale_percent', 'orientation', 'supports', 'brim', 'infill_percent'])
  // JSON.parse makes __proto__ a field like any other.
  const field = fc.oneof(
    fc.string(),
    fc.constantFrom('__proto__', 'constructor', 'layer_height', 'post_process', 'Copies'),
  )
  fc.assert(
    fc.property(
      field.filter(name => !known.has(name)),
      fc.jsonValue(),
      (name, value) => {
        assert.not.ok(accepts(JSON.parse(`{"copies":1,${JSON.stringify(name)}:${JSON.stringify(value)}}`)))
      },
    ),
  )
  try {
    parse(overrides, { layer_height: 0.1 })
    assert.unreachable()
  } catch (error) {
    assert.ok(isAppError(error, 'invalid_input'))
    assert.match(JSON.stringify([error.message, error]), /layer_height/)
  }
})

test('numbers out of their range, and values that are no numbers, are refused', () => {
  const wrongNumber = fc.constantFrom(...numbers).chain(name => {
    const [min, max] = limits[name]
    return fc.tuple(
      fc.constant(name),
      fc.oneof(
        fc.double({ noNaN: true }).filter(value => value < min || value > max),
        fc.constantFrom(Number.NaN, Infinity, -Infinity, 1e308, -0.001, Number.MAX_SAFE_INTEGER),
      ),
    )
  })
  fc.assert(fc.property(wrongNumber, ([name, value]) => !accepts({ [name]: value })))
  const noNumber = fc.jsonValue().filter(value => typeof value !== 'number' && value !== 'none' && value !== 'auto')
  fc.assert(fc.property(fc.constantFrom(...numbers), noNumber, (name, value) => !accepts({ [name]: value })))
  assert.not.ok(accepts({ copies: 1.5 }))
})

test('words that are no choice are refused', () => {
  const words = fc.string().filter(word => !['none', 'normal', 'tree', 'auto', ...orientations].includes(word))
  const name = fc.constantFrom('orientation', 'supports', 'brim')
  fc.assert(fc.property(name, fc.oneof(words, fc.boolean()), (field, word) => !accepts({ [field]: word })))
})

test('the normal form leaves out what changes nothing, and stays what it is', () => {
  const nothing: Overrides = { copies: 1, scale_percent: 100, orientation: 'as_published' }
  assert.equal(normalOverrides(nothing), {})
  assert.equal(normalOverrides({ brim: 0, infill_percent: 0 }), { brim: 'none', infill_percent: 0 })
  const all: Overrides = { scale_percent: 50, orientation: 'x90', supports: 'none', brim: 5, infill_percent: 15 }
  assert.equal(normalOverrides({ ...all, copies: 1 }), all)
  assert.equal(normalOverrides(normalOverrides(all)), normalOverrides(all))
})

test('the printed size follows scale and orientation', () => {
  const size = { x: 10, y: 20, z: 30 }
  assert.equal(printedSize(size, {}), size)
  assert.equal(printedSize(size, { scale_percent: 50 }), { x: 5, y: 10, z: 15 })
  assert.equal(printedSize(size, { orientation: 'x270', scale_percent: 200 }), { x: 20, y: 60, z: 40 })
  assert.equal(printedSize(size, { orientation: 'y90' }), { x: 30, y: 20, z: 10 })
})

test.run()
