import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { defineObject, objectOutline, safeObjectName } from '../../../slicer/assemble/object.ts'
import { createOutline, type Point } from '../../../slicer/assemble/outline.ts'

const test = suite('the outline of a print')
const coordinate = fc.double({ min: -300, max: 300, noNaN: true })
const points = fc.array(fc.record({ x: coordinate, y: coordinate }), { minLength: 1, maxLength: 60 })

test('the polygon holds all points, stays in their box, and has at most 24 corners', () => {
  fc.assert(
    fc.property(points, given => {
      const outline = outlineOf(given)
      const polygon = outline.polygon()
      const box = outline.box() as { min: Point; max: Point }
      const xs = given.map(({ x }) => x)
      const ys = given.map(({ y }) => y)
      assert.equal(box, {
        min: { x: Math.min(...xs), y: Math.min(...ys) },
        max: { x: Math.max(...xs), y: Math.max(...ys) },
      })
      assert.ok(polygon.length >= 1 && polygon.length <= 24)
      for (const { x, y } of polygon) {
        assert.ok(x >= box.min.x - 0.001 && x <= box.max.x + 0.001 && y >= box.min.y - 0.001 && y <= box.max.y + 0.001)
      }
      for (const point of given) assert.ok(isInside(polygon, point), JSON.stringify({ point, polygon }))
    }),
  )
})

test('a rectangle and a circle keep their shapes', () => {
  const corners = [
    [0, 0],
    [30, 0],
    [30, 10],
    [0, 10],
  ] as const
  assert.is(outlineOf(corners.map(([x, y]) => ({ x, y }))).polygon().length, 4)
  const circle = Array.from({ length: 720 }, (_, step) => {
    const angle = (step * Math.PI) / 360
    return { x: 100 * Math.cos(angle), y: 100 * Math.sin(angle) }
  })
  for (const { x, y } of outlineOf(circle).polygon()) assert.ok(Math.hypot(x, y) < 101)
  assert.equal([createOutline().polygon(), createOutline().box()], [[], undefined])
})

test('a name becomes one that Klipper reads as one word', () => {
  const names = fc.string({ unit: 'grapheme', maxLength: 200 })
  fc.assert(
    fc.property(names, name => {
      assert.match(safeObjectName(name), /^[A-Za-z0-9]+(_[A-Za-z0-9]+)*$/)
      assert.ok(safeObjectName(name).length < 80)
    }),
  )
  assert.is(safeObjectName("Max's box"), 'Max_s_box_id_0_copy_0')
  assert.is(safeObjectName('Büchse für Öl'), 'Buchse_fur_Ol_id_0_copy_0')
  for (const none of [null, '', '猫', "'"]) assert.is(safeObjectName(none), 'model_id_0_copy_0')
})

test("the line fits, and where the model does not lie in the bed's middle the print's own outline counts", () => {
  const round = Array.from({ length: 24 }, (_, step) => ({
    x: 100 * Math.cos((step * Math.PI) / 12),
    y: 100 * Math.sin((step * Math.PI) / 12),
  }))
  const line = defineObject(safeObjectName('x'.repeat(200)), round)
  assert.ok(line.length < 700, `${line.length} bytes`)
  assert.match(line, 'CENTER=0.000,0.000 POLYGON=[[100.000,0.000],')
  const printed = (min: number, max: number) => ({
    printed: { outline: [{ x: min, y: min }], min: { x: min, y: min }, max: { x: max, y: max } },
  })
  assert.is(objectOutline(round, { x: 150, y: 150 }, printed(50, 250)).length, 24)
  assert.equal(objectOutline(round, { x: 150, y: 150 }, printed(0, 200)), [{ x: 0, y: 0 }])
  assert.equal(objectOutline([], { x: 150, y: 150 }, printed(0, 200)), [{ x: 0, y: 0 }])
})

test.run()

function outlineOf(given: readonly Point[]) {
  const outline = createOutline()
  for (const { x, y } of given) outline.add(x, y)
  return outline
}

/** For a convex polygon, counter-clockwise. */
function isInside(polygon: readonly Point[], { x, y }: Point): boolean {
  return polygon.every((a, index) => {
    const b = polygon[(index + 1) % polygon.length] as Point
    const side = (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x)
    return side >= -0.001 * Math.max(1, Math.hypot(b.x - a.x, b.y - a.y))
  })
}
