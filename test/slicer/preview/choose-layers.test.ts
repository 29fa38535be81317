import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { chooseLayers } from '../../../slicer/preview/choose-layers.ts'

const test = suite('the layers that are drawn')

test('are all of a low print, and the more the higher a print is', () => {
  assert.equal(chooseLayers(0), [])
  assert.equal(chooseLayers(1), [0])
  assert.equal(chooseLayers(8), [0, 1, 2, 3, 4, 5, 6, 7])
  assert.equal(
    [40, 100, 240, 2000].map(count => chooseLayers(count).length),
    [8, 10, 24, 24],
  )
})

test('are never more than 24, in order, evenly spread, with the first and the last', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200_000 }), count => {
      const chosen = chooseLayers(count)
      assert.ok(chosen.length <= 24 && chosen.length >= Math.min(8, count))
      assert.equal([chosen[0], chosen.at(-1)], [0, count - 1])
      const steps = chosen.slice(1).map((layer, index) => layer - (chosen[index] as number))
      if (steps.length > 0) assert.ok(Math.min(...steps) >= 1 && Math.max(...steps) - Math.min(...steps) <= 1)
    }),
  )
})

test.run()
