import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { lengthSize, sealedSize } from '../../../schema/gcode/frame.ts'
import { defaultFrameSize } from '../../../schema/gcode/header.ts'
import { locate, openFrame, verifyContainer } from '../../../schema/gcode/reader.ts'
import { sealGcode } from '../../../schema/gcode/writer.ts'
import { isAppError } from '../../../schema/http/errors.ts'
import { chunks, containerId, dek, framesOf, join, read, seal, sealOptions } from '../../make/container-forge.ts'
import { anyCharacter } from '../../make/text.ts'

const test = suite('container')
const corrupt = (error: unknown) => isAppError(error, 'gcode_corrupt')

const lines = fc.array(fc.string({ unit: anyCharacter, maxLength: 40 }), { maxLength: 30 })
const text = lines.map(all => all.map(line => `${line.replace(/[\r\n]/g, '')}\n`).join(''))
const gcode = text.filter(all => all.length > 0)
const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 })
const format = fc.record({
  compression: fc.constantFrom('none' as const, 'deflate-raw' as const),
  frameSize: fc.integer({ min: 1, max: 200 }),
})

test('any G-code, in any chunks, comes out as it went in', async () => {
  await fc.assert(
    fc.asyncProperty(text, sizes, sizes, format, async (source, sizesIn, sizesOut, options) => {
      const sealed = await buffer(sealGcode(chunks(Buffer.from(source), sizesIn), sealOptions(options)))
      const { released, totals, refusal } = await read(chunks(sealed, sizesOut))
      assert.is(refusal, undefined)
      assert.is(released.toString(), source)
      assert.is(totals?.bytes, Buffer.byteLength(source))
      assert.is(totals?.lines, source.split('\n').length - 1)
    }),
  )
})

test('any byte of G-code is reached at random, by opening one frame', async () => {
  await fc.assert(
    fc.asyncProperty(gcode, format, fc.nat(), async (source, options, anywhere) => {
      const sealed = await seal(source, options)
      const { header, totals, frames } = await verifyContainer(chunks(sealed), { dek })
      const offset = anywhere % totals.bytes
      const { index, skip } = locate(header, offset)
      const token = sealed.subarray((frames[index] as number) + lengthSize, frames[index + 1])
      assert.is(openFrame(token, { dek, header, index })[skip], Buffer.from(source)[offset])
    }),
  )
})

/** The bytes that may have been given out when frame `index` is the first bad one: those of the frames before it. */
function mayBeReleased(source: string, index: number, frameSize: number): string {
  return Buffer.from(source)
    .subarray(0, Math.max(0, index - 1) * frameSize)
    .toString('hex')
}

test('any flipped bit is refused before a byte of its frame is given out', async () => {
  await fc.assert(
    fc.asyncProperty(gcode, format, fc.nat(), fc.nat(7), sizes, async (source, options, anywhere, bit, chunkSizes) => {
      const sealed = await seal(source, options)
      const { frames } = await verifyContainer(chunks(sealed), { dek })
      const at = anywhere % sealed.length
      sealed[at] = (sealed[at] as number) ^ (1 << bit)
      const { released, refusal, totals } = await read(chunks(sealed, chunkSizes))
      assert.ok(refusal)
      assert.is(totals, undefined)
      const index = frames.findLastIndex(begin => begin <= at)
      assert.is(released.toString('hex'), mayBeReleased(source, index, options.frameSize))
    }),
    { numRuns: 300 },
  )
})

test('a dropped, repeated or swapped frame is refused before it is given out', async () => {
  const fault = fc.constantFrom('drop' as const, 'repeat' as const, 'swap' as const)
  await fc.assert(
    fc.asyncProperty(gcode, format, fault, fc.nat(), async (source, options, kind, anywhere) => {
      const frames = framesOf(await seal(source, options))
      const index = anywhere % (frames.length - 1)
      const [frame, next] = frames.slice(index, index + 2)
      const faulty = {
        drop: join(...frames.toSpliced(index, 1)),
        repeat: join(...frames.toSpliced(index, 0, frame as Buffer)),
        swap: join(...frames.toSpliced(index, 2, next as Buffer, frame as Buffer)),
      }[kind]
      const { released, refusal } = await read(chunks(faulty))
      const firstBad = kind === 'repeat' ? index + 1 : index
      assert.ok(refusal)
      assert.is(released.toString('hex'), mayBeReleased(source, firstBad, options.frameSize))
    }),
  )
})

test('a frame of another container is refused, under the same key and under another', async () => {
  await fc.assert(
    fc.asyncProperty(gcode, format, fc.boolean(), fc.nat(), async (source, options, isSameKey, anywhere) => {
      const frames = framesOf(await seal(source, options))
      const other = { ...options, containerId: Buffer.alloc(16, 1), ...(isSameKey ? {} : { dek: randomBytes(32) }) }
      const foreign = framesOf(await seal(source, other))
      const index = anywhere % frames.length
      const { released, refusal } = await read(chunks(join(...frames.with(index, foreign[index] as Buffer))))
      // A foreign frame 0 opens under the same key, and says so; then it is the next one that does not belong to it.
      const firstBad = index === 0 && isSameKey ? 1 : index
      assert.ok(refusal)
      assert.is(released.toString('hex'), mayBeReleased(source, firstBad, options.frameSize))
    }),
  )
})

test('nothing opens with another key', async () => {
  const { refusal, released } = await read(chunks(await seal('G28\n')), randomBytes(32))
  assert.match(refusal ?? '', /frame 0 was altered, or is sealed with another key/)
  assert.is(released.length, 0)
})

test('one frame by itself is refused as another one, as another container’s, and as the totals', async () => {
  const sealed = await seal('G28\nM84\n', { frameSize: 4 })
  const { header, frames } = await verifyContainer(chunks(sealed), { dek })
  const token = (index: number) => sealed.subarray((frames[index] as number) + lengthSize, frames[index + 1])
  assert.is(openFrame(token(1), { dek, header, index: 1 }).toString(), 'G28\n')
  assert.throws(() => openFrame(token(1), { dek, header, index: 2 }), corrupt)
  assert.throws(() => openFrame(token(3), { dek, header, index: 3 }), /holds no G-code/)
  const other = { ...header, container_id: 'ff'.repeat(16) }
  assert.throws(() => openFrame(token(1), { dek, header: other, index: 1 }), corrupt)
})

test('frames have the default size and the length that arithmetic says, and bytes that do not compress fit', async () => {
  const incompressible = Buffer.from(
    randomBytes(300_000)
      .toString('base64')
      .replace(/(.{64})/g, '$1\n'),
  )
  for (const compression of ['none', 'deflate-raw'] as const) {
    const sealed = await seal(incompressible, { compression, frameSize: defaultFrameSize })
    const { released, refusal } = await read(chunks(sealed, [65_536]))
    assert.is(refusal, undefined)
    assert.ok(released.subarray(0, incompressible.length).equals(incompressible))
    if (compression === 'none') assert.is(framesOf(sealed)[1]?.length, lengthSize + sealedSize(defaultFrameSize))
  }
  const noise = Buffer.from(randomBytes(4096).map(byte => ((byte & 0x7f) === 0x0d ? 0x0a : byte & 0x7f)))
  assert.is((await read(chunks(await seal(noise, { compression: 'deflate-raw', frameSize: 100 })))).refusal, undefined)
})

test('the header says what the container is for', async () => {
  const { header } = await verifyContainer(chunks(await seal('G28\n', { compression: 'deflate-raw' })), { dek })
  assert.equal(header, {
    purchase_id: 'purch_0123456789abcdefghjkmnpqrs',
    preparation_id: 'prep_0123456789abcdefghjkmnpqrs',
    frame_size: 64,
    compression: 'deflate-raw',
    container_id: containerId.toString('hex'),
  })
})

test.run()
