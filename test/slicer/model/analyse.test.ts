import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { analyse } from '../../../slicer/model/analyse.ts'
import { canonicalStl } from '../../../slicer/model/canonical.ts'
import { boundsOf, triangleCount } from '../../../slicer/model/mesh.ts'
import { parsePlain } from '../../../slicer/model/parse.ts'
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
  const model = parsePlain(sample('polytopes/tetrahedronMinusZero.bin.stl'))
  assert.is(edgeWarnings(analyse(model).warnings), 0)
})

test('a part of one layer is a model; what is thinner than any layer is at fault', () => {
  for (const height of [0.1, 0.2, 0.4]) assert.is(measure(box(20, 20, height)).fault, null)
  const thin = measure(box(20, 20, 0.05)).fault
  assert.is(thin?.code, 'stl_too_small')
  assert.match(thin?.message ?? '', /20.00 x 20.00 x 0.05 mm; each side must be at least 0.1 mm/)
  assert.is(measure(sample('broken/singleFace.ascii.stl')).fault?.code, 'stl_too_small')
})

test('a part that is longer than any printer is at fault', () => {
  const { fault } = measure(box(2000, 2000, 2000))
  assert.is(fault?.code, 'stl_exceeds_bed')
  assert.match(fault?.message ?? '', /2000.00 x 2000.00 x 2000.00 mm/)
  assert.is(measure(box(1200, 10, 10)).fault, null)
})

test('metres and inches are recognised, and said with the size that they give', () => {
  const metres = measure(box(0.12, 0.08, 0.05))
  assert.equal(
    metres.suggestions.map(one => one.units),
    ['m'],
  )
  assert.match(metres.fault?.message ?? '', /in metres it is 120.00 x 80.00 x 50.00 mm. Set units to "m"/)
  const inches = measure(box(3, 2, 1))
  assert.is(inches.fault, null)
  assert.match(inches.warnings.join(), /in inches it is 76.20 x 50.80 x 25.40 mm. Set units to "inch"/)
  const both = measure(box(0.3, 0.2, 0.1))
  assert.equal(
    both.suggestions.map(one => one.units),
    ['m', 'inch'],
  )
  const wrong = analyse(parsePlain(binaryStl(box(3048, 20, 20))), 'm')
  assert.equal(
    wrong.suggestions.map(one => one.units),
    ['inch'],
  )
})

test('usual parts are not suspected to be of another unit', () => {
  for (const [x, y, z] of [
    [10, 10, 10],
    [3, 3, 3],
    [5, 5, 2],
    [40, 40, 0.2],
    [400, 300, 5],
  ] as const) {
    assert.equal(measure(box(x, y, z)).suggestions, [], `${x} ${y} ${z}`)
  }
})

test('parts that touch neither the bed nor another part are told', () => {
  const plate = box(20, 20, 2)
  const floats = (...more: Triangle[][]) => measure([...plate, ...more.flat()]).warnings
  assert.equal(floats(box(5, 5, 5, [0, 0, 10])), [
    'One part of the model floats 10.00 mm above the bed and touches no other part: it needs supports.',
  ])
  assert.match(floats(box(5, 5, 5, [0, 0, 10]), box(5, 5, 5, [10, 0, 8])).join(), '2 parts of the model float')
  assert.equal(floats(box(5, 5, 5, [2, 2, 1])), [], 'a part that stands in another')
  assert.equal(floats(box(5, 5, 5, [2, 2, 2])), [], 'a part that stands on another')
  assert.equal(floats(box(5, 5, 5, [2, 2, 1]), box(5, 5, 5, [2, 2, 5.9])), [], 'a part on a part on a part')
  assert.equal(floats(box(5, 5, 5, [30, 0, 0])), [], 'a part beside it on the bed')
})

test('the engine gets a model of our own writing, centred and standing on the bed', () => {
  const mesh = parsePlain(binaryStl(box(20, 10, 5, [100, -50, 30]), 'solid a name that should not travel'))
  const stl = canonicalStl(mesh, boundsOf(mesh))
  assert.not.ok(stl.includes('name'))
  assert.equal(boundsOf(parsePlain(stl)), { min: { x: -10, y: -5, z: 0 }, max: { x: 10, y: 5, z: 5 } })
})

test('triangles without a surface do not reach the engine', () => {
  const sliver: Triangle = [
    [1, 1, 1],
    [2, 2, 2],
    [1, 1, 1],
  ]
  const mesh = parsePlain(binaryStl([sliver, ...box(2, 2, 2)]))
  assert.is(triangleCount(parsePlain(canonicalStl(mesh, boundsOf(mesh)))), 12)
})

test('four times the triangles take about four times as long', () => {
  const timeOf = (rings: number) => {
    const mesh = parsePlain(binaryStl(ball(40, rings)))
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
    'The model is 2000.00 x 10.00 x 5.00 mm: few printers have room for more than 500 mm.',
  ])
  assert.equal(measure(box(500, 500, 500)).warnings, [])
})

test.run()

function measure(model: Triangle[] | Buffer) {
  return analyse(parsePlain(Buffer.isBuffer(model) ? model : binaryStl(model)))
}

function edgeWarnings(warnings: string[]): number {
  return warnings.filter(warning => warning.includes('edge')).length
}
