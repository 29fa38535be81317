import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { maxLineSize, normaliseGcode } from '../../../schema/gcode/normalise.ts'
import { isAppError } from '../../../schema/http/errors.ts'
import { chunks } from '../../make/container-forge.ts'
import { anyCharacter } from '../../make/text.ts'

const test = suite('normalising G-code')

async function normalise(gcode: string | Buffer, sizes?: number[]): Promise<string> {
  return (await buffer(normaliseGcode(chunks(Buffer.from(gcode), sizes)))).toString()
}

async function refusal(gcode: string | Buffer, sizes?: number[]): Promise<string> {
  try {
    await normalise(gcode, sizes)
  } catch (error) {
    if (isAppError(error, 'gcode_rejected')) return error.message
    throw error
  }
  return 'accepted'
}

test('line ends of Windows and old Macs become "\\n", and the last line gets one', async () => {
  assert.is(await normalise('G28\r\nM84\rG1 X1\n\n\r\r\nM2'), 'G28\nM84\nG1 X1\n\n\n\nM2\n')
  assert.is(await normalise('G28\r'), 'G28\n')
  assert.is(await normalise('\n'), '\n')
  assert.is(await normalise(''), '')
})

test('any text in any chunks becomes what it becomes in one, and stays so', async () => {
  const line = fc.string({ unit: anyCharacter, maxLength: 30 })
  const text = fc
    .array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n', '')), { maxLength: 20 })
    .map(lines => lines.flat().join(''))
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), async (gcode, sizes) => {
      const unified = gcode.replace(/\r\n?/g, '\n')
      const expected = unified === '' || unified.endsWith('\n') ? unified : `${unified}\n`
      assert.is(await normalise(gcode, sizes), expected)
      assert.is(await normalise(expected, sizes), expected)
    }),
  )
})

test('a line of 1 KiB passes, one byte more is refused with its number', async () => {
  const longest = 'x'.repeat(maxLineSize)
  for (const sizes of [[10_000], [1], [1000], [1025], [3, 700]]) {
    assert.is(await normalise(`G28\n${longest}\r\n${longest}`, sizes), `G28\n${longest}\n${longest}\n`)
    assert.match(await refusal(`G28\n\n${longest}y\nM84\n`, sizes), /Line 3 .* longer than 1024 bytes/)
    assert.match(await refusal(`G28\n\n${longest}y`, sizes), /Line 3 /)
  }
})

test('a line without end is refused before it is held in memory', async () => {
  let given = 0
  async function* endless() {
    for (;;) {
      given++
      yield Buffer.alloc(100, 'x')
    }
  }
  try {
    for await (const _ of normaliseGcode(endless())) assert.unreachable()
    assert.unreachable()
  } catch (error) {
    assert.ok(isAppError(error, 'gcode_rejected'))
  }
  assert.is(given, 11)
})

test('invalid UTF-8 is refused, in the middle and at the end', async () => {
  for (const bytes of [[0xff], [0xc3], [0xc3, 0x0a], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
    const gcode = Buffer.concat([Buffer.from('G28\n; '), Buffer.from(bytes), Buffer.from('\nM84\n')])
    for (const sizes of [[100], [1]]) assert.match(await refusal(gcode, sizes), /not UTF-8/, String(bytes))
    assert.match(await refusal(gcode.subarray(0, -5)), /not UTF-8/, String(bytes))
  }
})

test('a chunk that is reused by its source after it was given does no harm', async () => {
  const reused = Buffer.alloc(4)
  async function* source() {
    for (const part of ['G1 X', '1 Y2', '\nM84']) {
      reused.write(part)
      yield reused
    }
  }
  const lines: string[] = []
  for await (const chunk of normaliseGcode(source())) lines.push(chunk.toString())
  assert.is(lines.join(''), 'G1 X1 Y2\nM84\n')
})

test.run()
