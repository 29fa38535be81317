import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { analyse } from '../../../slicer/model/analyse.ts'
import { canonicalStl } from '../../../slicer/model/canonical.ts'
import { boundsOf, triangleCount } from '../../../slicer/model/mesh.ts'
import { parseStl } from '../../../slicer/model/stl.ts'
import { refusal } from '../../make/errors.ts'
import { ball, binaryStl, box, sample, type Triangle } from '../../make/slicer/models.ts'

const test = suite('measuring models')

test('a box has the size and the volume of the box', () => {
  const { size, volumeMm3, triangles, warnings } = measure(box(20, 10, 5, [100, -50, 30]))
  assert.equal(size, { x: 20, y: 10, z: 5 })
  assert.ok(Math.abs(volumeMm3 - 1000) < 0.01)
  assert.is(triangles, 12)
  assert.equal(warnings, [])
})

test('a model that is not closed is told, not refused', () => {
  const { warnings } = measure(box(20, 10, 5).slice(0, 11))
  assert.equal(warnings, ['The model is not closed: 3 edges are without a neighbour.'])
})

test('a model that is inside out, or tangled, is told', () => {
  const turned = box(20, 10, 5).map(([a, b, c]): Triangle => [c, b, a])
  assert.match(measure(turned).warnings.join(), 'inside out')
  const touching = [...box(10, 10, 10), ...box(10, 10, 10, [10, 10, 0])]
  assert.match(measure(touching).warnings.join(), 'tangled: one edge is shared')
})

test('0 and -0 are the same place', () => {
  const model = parseStl(sample('polytopes/tetrahedronMinusZero.bin.stl'))
  assert.equal(analyse(model).warnings, [])
})

test('a side below half a millimetre is refused, with a hint at the unit', async () => {
  const flat = parseStl(binaryStl(box(20, 20, 0.4)))
  assert.match(await refusal('stl_too_small', () => analyse(flat)), /20.00 x 20.00 x 0.40 mm.*millimetres/)
  await refusal('stl_too_small', () => analyse(parseStl(sample('objects/bunny.bin.stl'))))
  await refusal('stl_too_small', () => analyse(parseStl(sample('broken/singleFace.ascii.stl'))))
})

test('the engine gets a model of our own writing, centred and standing on the bed', () => {
  const mesh = parseStl(binaryStl(box(20, 10, 5, [100, -50, 30]), 'solid a name that should not travel'))
  const stl = canonicalStl(mesh, boundsOf(mesh))
  assert.not.ok(stl.includes('name'))
  assert.equal(boundsOf(parseStl(stl)), { min: { x: -10, y: -5, z: 0 }, max: { x: 10, y: 5, z: 5 } })
})

test('triangles without a surface do not reach the engine', () => {
  const sliver: Triangle = [
    [1, 1, 1],
    [2, 2, 2],
    [1, 1, 1],
  ]
  const mesh = parseStl(binaryStl([sliver, ...box(2, 2, 2)]))
  assert.is(triangleCount(parseStl(canonicalStl(mesh, boundsOf(mesh)))), 12)
})

test('four times the triangles take about four times as long', () => {
  const timeOf = (rings: number) => {
    const mesh = parseStl(binaryStl(ball(40, rings)))
    const started = performance.now()
    analyse(mesh)
    return performance.now() - started
  }
  timeOf(100)
  const [small, large] = [timeOf(125), timeOf(250)]
  // Quadratic would be 16 times; the rest is for a busy machine.
  assert.ok(large < 12 * small + 500, `${small.toFixed()} ms, then ${large.toFixed()} ms`)
})

test('a model that hardly any printer has room for is told with its size', () => {
  assert.equal(measure(box(2000, 10, 5)).warnings, [
    'The model is 2000.00 x 10.00 x 5.00 mm: few printers have room for more than 500 mm. Is it drawn in millimetres?',
  ])
  assert.equal(measure(box(500, 500, 500)).warnings, [])
})

test.run()

function measure(triangles: Triangle[]) {
  return analyse(parseStl(binaryStl(triangles)))
}
