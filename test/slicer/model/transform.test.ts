/** A model that is scaled and turned before it is sliced. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Orientation, orientations, printedSize } from '../../../schema/http/overrides.ts'
import { openModel } from '../../../slicer/model/open-model.ts'
import { turn } from '../../../slicer/model/transform.ts'
import { binaryStl, box, type Triangle } from '../../make/slicer/models.ts'

const test = suite('scale and orientation')
const size = { x: 10, y: 20, z: 30 }
const file = binaryStl(box(size.x, size.y, size.z, [100, -50, 7]))

const turned = (corner: [number, number, number], orientation: Orientation) => {
  const positions = Float32Array.from(corner)
  turn({ positions }, orientation)
  return [...positions].map(value => value + 0)
}

test('a box has the size that the marketplace works out for it, and stands on the bed', async () => {
  for (const orientation of orientations) {
    for (const scalePercent of [50, 100, 133]) {
      const opened = await openModel(file, { units: null, views: [], scalePercent, orientation })
      const expected = printedSize(size, { scale_percent: scalePercent, orientation })
      for (const axis of ['x', 'y', 'z'] as const) {
        assert.ok(Math.abs(opened.size[axis] - expected[axis]) < 1e-4, `${orientation}, ${scalePercent} %, ${axis}`)
        const [least, most] = range(opened.stl, axis)
        assert.ok(Math.abs(least - (axis === 'z' ? 0 : -expected[axis] / 2)) < 1e-4)
        assert.ok(Math.abs(most - least - expected[axis]) < 1e-4)
      }
      assert.ok(Math.abs(opened.volumeMm3 - 6000 * (scalePercent / 100) ** 3) < 0.1)
      assert.equal(opened.warnings, [], 'it is closed, and its surfaces face outwards')
    }
  }
})

test('the scale counts on top of the unit', async () => {
  const { size: inches } = await openModel(file, { units: 'inch', views: [], scalePercent: 50 })
  assert.is(Math.round(inches.x), 127)
})

test('quarter turns are right-handed and exact', () => {
  assert.equal(turned([1, 2, 3], 'as_published'), [1, 2, 3])
  assert.equal(turned([1, 2, 3], 'x90'), [1, -3, 2])
  assert.equal(turned([1, 2, 3], 'x180'), [1, -2, -3])
  assert.equal(turned([1, 2, 3], 'x270'), [1, 3, -2])
  assert.equal(turned([1, 2, 3], 'y90'), [3, 2, -1])
  assert.equal(turned([1, 2, 3], 'y270'), [-3, 2, 1])
})

test('the sides that are put down: bottom, front, top, back, right, left', async () => {
  // Three of its sides are triangles on the planes of the axes, opposite to each is a corner.
  const spike: Triangle[] = [
    [
      [0, 0, 0],
      [0, 20, 0],
      [10, 0, 0],
    ],
    [
      [0, 0, 0],
      [10, 0, 0],
      [0, 0, 30],
    ],
    [
      [0, 0, 0],
      [0, 0, 30],
      [0, 20, 0],
    ],
    [
      [10, 0, 0],
      [0, 20, 0],
      [0, 0, 30],
    ],
  ]
  const onBed = new Map<string, number>()
  for (const orientation of orientations) {
    const { stl } = await openModel(binaryStl(spike), { units: null, views: [], orientation })
    onBed.set(orientation, cornersOnBed(stl))
  }
  assert.equal(Object.fromEntries(onBed), { as_published: 9, x90: 9, x180: 3, x270: 3, y90: 3, y270: 9 })
})

test('a model that becomes too small or too large says so', async () => {
  const thin = binaryStl(box(20, 20, 0.2))
  assert.is((await openModel(thin, { units: null, views: [], scalePercent: 25 })).fault?.code, 'stl_too_small')
  assert.is((await openModel(thin, { units: null, views: [], scalePercent: 1000 })).fault, null)
  const long = binaryStl(box(200, 20, 20))
  assert.is((await openModel(long, { units: null, views: [], scalePercent: 1000 })).fault?.code, 'stl_exceeds_bed')
})

function* corners(stl: Buffer) {
  for (let at = 84 + 12; at < stl.length; at += 50) {
    for (let corner = at; corner < at + 36; corner += 12) {
      yield { x: stl.readFloatLE(corner), y: stl.readFloatLE(corner + 4), z: stl.readFloatLE(corner + 8) }
    }
  }
}

function range(stl: Buffer, axis: 'x' | 'y' | 'z'): [number, number] {
  const values = [...corners(stl)].map(corner => corner[axis])
  return [Math.min(...values), Math.max(...values)]
}

/** How many corners of triangles lie on z = 0. */
function cornersOnBed(stl: Buffer): number {
  return [...corners(stl)].filter(({ z }) => Math.abs(z) < 1e-6).length
}

test.run()
