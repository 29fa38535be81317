import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parsePlain } from '../../../slicer/model/parse.ts'

const test = suite('polygons of OBJ files')

type Vector = [number, number, number]

/** Half of the cross product of two sides: perpendicular to the triangle, as long as its area. */
function areaVector([a, b, c]: Vector[]): Vector {
  const u = a!.map((value, axis) => b![axis]! - value)
  const v = a!.map((value, axis) => c![axis]! - value)
  return [u[1]! * v[2]! - u[2]! * v[1]!, u[2]! * v[0]! - u[0]! * v[2]!, u[0]! * v[1]! - u[1]! * v[0]!].map(
    value => value / 2,
  ) as Vector
}

function trianglesOf(obj: string): Vector[][] {
  const { positions } = parsePlain(Buffer.from(obj))
  const at = (corner: number) => Array.from(positions.subarray(corner * 3, corner * 3 + 3)) as Vector
  return Array.from({ length: positions.length / 9 }, (_, index) => [0, 1, 2].map(corner => at(index * 3 + corner)))
}

function obj(points: readonly (readonly number[])[], faces: readonly number[][]): string {
  return [...points.map(point => `v ${point.join(' ')}`), ...faces.map(face => `f ${face.join(' ')}`)].join('\n')
}

const length = (vector: Vector) => Math.hypot(...vector)
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)

test('a concave face is filled as far as its outline, from whichever corner it begins and whichever way it is turned', () => {
  const outline = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 4, maxLength: 40 })
  fc.assert(
    fc.property(
      outline,
      fc.double({ min: 0, max: 6, noNaN: true }),
      fc.double({ min: 0, max: 6, noNaN: true }),
      (radii, tilt, turn) => {
        const flat = radii.map((radius, index) => {
          const angle = (index / radii.length) * 2 * Math.PI
          return [radius * Math.cos(angle), radius * Math.sin(angle)] as const
        })
        // The shoelace formula, from the numbers before they are turned in space.
        const area = sum(
          flat.map(([x, y], index) => {
            const [nextX, nextY] = flat[(index + 1) % flat.length]!
            return (x * nextY - nextX * y) / 2
          }),
        )
        const points = flat.map(([x, y]) => [
          x * Math.cos(turn) - y * Math.cos(tilt) * Math.sin(turn),
          x * Math.sin(turn) + y * Math.cos(tilt) * Math.cos(turn),
          y * Math.sin(tilt),
        ])
        const areas = trianglesOf(obj(points, [points.map((_, index) => index + 1)])).map(areaVector)
        assert.is(areas.length, radii.length - 2)
        const whole = areas.reduce((total, vector) => total.map((value, axis) => value + vector[axis]!) as Vector)
        // Equal only when no triangle lies outside, over another one, or is turned the other way.
        const tolerance = area * 1e-4
        assert.ok(Math.abs(sum(areas.map(length)) - area) < tolerance)
        assert.ok(Math.abs(length(whole) - area) < tolerance)
        const up = [Math.sin(turn) * Math.sin(tilt), -Math.cos(turn) * Math.sin(tilt), Math.cos(tilt)]
        assert.ok(sum(whole.map((value, axis) => value * up[axis]!)) > 0)
      },
    ),
  )
})

test('an L of concave faces, with a corner on a straight edge, is a closed body of its own volume', () => {
  const l = [
    [0, 0],
    [30, 0],
    [30, 10],
    [10, 10],
    [10, 20],
    [10, 30],
    [0, 30],
  ] as const
  const points = [0, 10].flatMap(z => l.map(([x, y]) => [x, y, z]))
  const top = l.map((_, index) => index + 1 + l.length)
  const bottom = l.map((_, index) => l.length - index)
  const sides = l.map((_, index) => {
    const next = (index + 1) % l.length
    return [index + 1, next + 1, next + 1 + l.length, index + 1 + l.length]
  })
  for (let first = 0; first < l.length; first++) {
    const turned = (face: number[]) => [...face.slice(first), ...face.slice(0, first)]
    const text = obj(points, [turned(top), turned(bottom), ...sides])
    const volume = sum(
      trianglesOf(text).map(([a, b, c]) => {
        const [x, y, z] = areaVector([[0, 0, 0], b!, c!])
        return (a![0] * x + a![1] * y + a![2] * z) / 3
      }),
    )
    assert.ok(Math.abs(volume - 5000) < 0.01, `${volume} mm³ from corner ${first}`)
  }
})

test.run()
