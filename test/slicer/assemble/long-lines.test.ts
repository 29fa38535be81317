import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { divideLongLine } from '../../../slicer/assemble/long-lines.ts'

const test = suite('lines that are too long')

test('a comment is divided into comments that say the same together', () => {
  const text = fc.array(fc.constantFrom('a', ' ', ';', '=', 'é', '€', '😀', '"')).map(parts => parts.join(''))
  fc.assert(
    fc.property(text, fc.constantFrom('', 'G1 X10 '), fc.integer({ min: 16, max: 40 }), (comment, command, maxSize) => {
      const lines = divideLongLine(`${command};${comment}`, maxSize)
      assert.ok(lines.every(line => Buffer.byteLength(line) <= maxSize))
      if (lines.length === 1) return assert.is(lines[0], `${command};${comment}`)
      const comments = command === '' ? lines : lines.slice(1)
      if (command !== '') assert.is(lines[0], command.trim())
      assert.ok(comments.every(line => line.startsWith(';')))
      assert.is(comments.map(line => line.slice(1)).join(''), comment)
    }),
  )
})

test('a command stays whole, whatever its length', () => {
  const command = `MACRO NAME="${'a;'.repeat(800)}"`
  assert.equal(divideLongLine(command), [command])
  const polygon = `EXCLUDE_OBJECT_DEFINE NAME=x POLYGON=[${'[1,1],'.repeat(400)}]`
  assert.equal(divideLongLine(polygon), [polygon])
})

test.run()
