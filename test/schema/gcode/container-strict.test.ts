import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Compression } from '../../../schema/gcode/header.ts'
import { normaliseGcode } from '../../../schema/gcode/normalise.ts'
import { compressPiece } from '../../../schema/gcode/piece.ts'
import { startTally } from '../../../schema/gcode/tally.ts'
import { chunks, forge, forgeHeader, framesOf, join, read, seal } from '../../make/container-forge.ts'

const test = suite('containers by writers that have the key and break a rule')

const format = fc.record({
  compression: fc.constantFrom('none' as const, 'deflate-raw' as const),
  frameSize: fc.integer({ min: 1, max: 200 }),
})

/** A container of these bytes as its G-code, sealed by somebody who has the key and keeps to everything but the rules for G-code. */
function forgeGcode(
  gcode: Buffer,
  { compression, frameSize }: { compression: Compression; frameSize: number },
): Buffer {
  const frames = [forgeHeader({ compression, frame_size: frameSize })]
  for (let at = 0; at < gcode.length; at += frameSize) {
    frames.push(forge(frames.length, compressPiece(gcode.subarray(at, at + frameSize), compression)))
  }
  const tally = startTally()
  tally.add(gcode)
  const totals = { ...tally.end(), layers: 3, estimated_time_s: 61.5, filament_mm: 1203.25 }
  return join(...frames, forge(frames.length, JSON.stringify(totals), { isLast: true }))
}

test('G-code is read when it is normalised, and refused when it is not, wherever it is cut into frames', async () => {
  const bytes = fc.constantFrom(
    ...['G28\n', '\n', '\r', 'ü', '€', '🖨', 'x'.repeat(1024), 'x'.repeat(1000)].map(part => Buffer.from(part)),
    ...[[0xc3], [0x9c], [0xe2, 0x82], [0xed, 0xa0], [0xf4, 0x90], [0xc0], [0xff]].map(part => Buffer.from(part)),
  )
  const anyGcode = fc.array(bytes, { maxLength: 6 }).map(parts => Buffer.concat([...parts, Buffer.from('\n')]))
  await fc.assert(
    fc.asyncProperty(anyGcode, fc.boolean(), format, async (withNewline, isEnded, { compression, frameSize }) => {
      const gcode = isEnded ? withNewline : withNewline.subarray(0, -1)
      // Long lines in many tiny frames would take minutes.
      const options = { compression, frameSize: Math.max(frameSize, Math.ceil(gcode.length / 40)) }
      const expected = await buffer(normaliseGcode(chunks(gcode))).catch(() => null)
      const { refusal, released } = await read(chunks(forgeGcode(gcode, options)))
      assert.is(refusal === undefined, expected?.equals(gcode) ?? false, refusal)
      if (refusal === undefined) assert.ok(released.equals(gcode))
    }),
    { numRuns: 500 },
  )
})

test('a piece that is longer than its deflate stream is refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ minLength: 1 }),
      fc.uint8Array({ minLength: 1, maxLength: 20 }),
      async (text, rest) => {
        const source = `${text.replaceAll('\r', '')}\n`
        const frames = framesOf(await seal(source, { compression: 'deflate-raw', frameSize: 100_000 }))
        const longer = forge(1, Buffer.concat([compressPiece(Buffer.from(source), 'deflate-raw'), rest]))
        const { refusal, released } = await read(chunks(join(...frames.with(1, longer))))
        assert.match(refusal ?? '', /frame 1 /)
        assert.is(released.length, 0)
      },
    ),
  )
})

test('JSON that two readers could read in two ways is refused: doubled names, whole numbers with a point or an exponent', async () => {
  const frames = framesOf(await seal('G28\n'))
  const header = '"purchase_id":"p","preparation_id":"a\\"b: {1e3}","compression":"none"'
  const ways: [string, boolean][] = [
    [`{${header},"frame_size":64}`, true],
    [`{ ${header.replaceAll(',', ' ,\n')} , "frame_size" : 64 }`, true],
    [`{"frame_size":64,${header}}`, true],
    ...['6.4e1', '64.0', '64e0', '640E-1'].map((size): [string, boolean] => [
      `{${header},"frame_size":${size}}`,
      false,
    ]),
    ...['1', '"x"', '{"frame_size":1}', '[1]', 'null'].map((first): [string, boolean] => [
      `{"frame_size":${first},${header},"frame_size":64}`,
      false,
    ]),
    [`{"frame\\u005fsize":1,${header},"frame_size":64}`, false],
    [`{${header},"frame_size":64,"purchase_id":"p"}`, false],
  ]
  for (const [text, isRead] of ways) {
    const { refusal } = await read(chunks(join(forge(0, text), ...frames.slice(1))))
    assert.is(refusal === undefined, isRead, `${text}: ${refusal}`)
  }
})

test.run()
