import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ArcStart, arcToleranceMm, linesOfArc, textOfArc } from '../../../slicer/gcode/arc.ts'
import { type GcodeCommand, parseCommand } from '../../../slicer/gcode/command.ts'

const test = suite('arcs as lines')
const origin: ArcStart = { x: 0, y: 0, z: 0.2, e: 0, isExtruderRelative: true }
const command = (line: string) => parseCommand(line) as GcodeCommand

const coordinate = fc.double({ min: -200, max: 200, noNaN: true }).map(value => Number(value.toFixed(3)))
const arcs = fc.record({
  centre: fc.record({ x: coordinate, y: coordinate }),
  radius: fc.double({ min: 0.05, max: 300, noNaN: true }),
  from: fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
  turn: fc.double({ min: 0.01, max: 2 * Math.PI - 0.01, noNaN: true }),
  isClockwise: fc.boolean(),
  e: fc.double({ min: 0, max: 50, noNaN: true }).map(value => Number(value.toFixed(5))),
})

test('no line is further from its arc than the tolerance, and all of the arc is followed', () => {
  fc.assert(
    fc.property(arcs, ({ centre, radius, from, turn, isClockwise, e }) => {
      const at = (angle: number) => ({ x: centre.x + radius * Math.cos(angle), y: centre.y + radius * Math.sin(angle) })
      const start = { ...origin, ...at(from) }
      const end = at(from + (isClockwise ? -turn : turn))
      const line = `${isClockwise ? 'G2' : 'G3'} X${plain(end.x)} Y${plain(end.y)} I${plain(centre.x - start.x)} J${plain(centre.y - start.y)} E${e}`
      const lines = linesOfArc(command(line), start)
      let [x, y, length] = [start.x, start.y, 0]
      for (const to of lines) {
        // Farthest in the middle of the line, or at its ends, which are rounded.
        const middle = { x: (x + to.x) / 2, y: (y + to.y) / 2 }
        for (const point of [middle, to]) {
          const off = Math.abs(Math.hypot(point.x - centre.x, point.y - centre.y) - radius)
          assert.ok(off <= arcToleranceMm + 1e-9, `${off} mm off`)
        }
        length += Math.hypot(to.x - x, to.y - y)
        ;[x, y] = [to.x, to.y]
      }
      assert.ok(Math.hypot(x - end.x, y - end.y) < 1e-9, 'it ends where the arc ends')
      const whole = radius * turn
      assert.ok(length <= whole + 0.02 && length >= whole * 0.75 - 0.1, `${length} of ${whole} mm`)
      const extruded = lines.reduce((sum, to) => sum + to.e, 0)
      assert.ok(Math.abs(extruded - e) < 1e-6, 'no plastic is lost')
    }),
  )
})

test('an arc that ends where it began is a full circle, and one by its radius is the shorter or the longer way', () => {
  const circle = linesOfArc(command('G2 I10 J0 E1'), origin)
  assert.ok(circle.length > 50)
  assert.ok(circle.some(({ x }) => x > 19.9))
  const farthest = (line: string) => Math.max(...linesOfArc(command(line), origin).map(({ y }) => Math.abs(y)))
  assert.ok(Math.abs(farthest('G2 X10 Y0 R10') - (10 - Math.sqrt(75))) < 0.02)
  assert.ok(Math.abs(farthest('G3 X10 Y0 R-10') - (10 + Math.sqrt(75))) < 0.02)
  const up = linesOfArc(command('G2 X10 Y0 R10'), origin).every(({ y }) => y >= 0)
  assert.ok(up, 'clockwise from the left to the right goes over the top')
})

test('Z rises with the arc, the feedrate is said once, and absolute extrusion goes on from where it is', () => {
  const start = { ...origin, e: 5, isExtruderRelative: false }
  const spiral = command('G3 X0 Y20 I0 J10 Z1.2 E7 F1800')
  const text = textOfArc(spiral, linesOfArc(spiral, start)).trim().split('\n')
  assert.ok(
    text.every(line => /^G1 X-?[\d.]+ Y-?[\d.]+ Z[\d.]+ E[\d.]+( F1800)?$/.test(line)),
    text.join('\n'),
  )
  assert.is(text.filter(line => line.includes('F')).length, 1)
  const z = text.map(line => Number(/Z([\d.]+)/.exec(line)?.[1]))
  const e = text.map(line => Number(/E([\d.]+)/.exec(line)?.[1]))
  assert.equal([z.at(-1), e.at(-1)], [1.2, 7])
  assert.equal(
    [...z].sort((a, b) => a - b),
    z,
  )
  assert.ok((e[0] as number) > 5)
})

test('what is no arc is refused', () => {
  for (const [line, start] of [
    ['G2 X10 Y0', origin],
    ['G2 X100 Y0 R10', origin],
    ['G2 X0 Y0 R10', origin],
    ['G2 X1 Y1 I1000000 J0', origin],
    ['G2 X10 I5', { ...origin, x: Number.NaN }],
  ] as const) {
    assert.throws(() => linesOfArc(command(line), start), /arc|number/, line)
  }
})

test('the arcs of a public report become lines that stay on them', () => {
  const gcode = readFileSync('../shared/trials/gcode-arcs.gcode', 'latin1')
    .split('\n')
    .filter(line => /^G[23] /.test(line))
  assert.is(gcode.length, 2)
  let start: ArcStart = { ...origin, x: 100, y: 100 }
  for (const line of gcode) {
    for (const to of linesOfArc(command(line), start)) {
      assert.ok(Math.abs(Math.hypot(to.x - 110, to.y - 100) - 10) < arcToleranceMm)
      start = { ...start, x: to.x, y: to.y }
    }
  }
  assert.equal([start.x, start.y], [100, 100])
})

test.run()

function plain(value: number): string {
  return value.toFixed(9)
}
