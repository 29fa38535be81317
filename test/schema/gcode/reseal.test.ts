import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { magic } from '../../../schema/gcode/frame.ts'
import { verifyContainer } from '../../../schema/gcode/reader.ts'
import { resealContainer } from '../../../schema/gcode/reseal.ts'
import { isAppError } from '../../../schema/http/errors.ts'
import { chunks, countingBytes, dek, forge, framesOf, join, now, read, seal } from '../../make/container-forge.ts'

const test = suite('a container sealed again under another key')
const otherDek = Buffer.alloc(32, 9)
const gcode = 'G28\nG1 X1 E0.1\n'.repeat(40)

/** What a resealing gave out, and its refusal. `sha256` is that of the source unless given: then only the frames' own checks refuse. */
async function reseal(source: Buffer, sha256 = hashOf(source), sizes?: number[]) {
  const resealed = resealContainer(chunks(source, sizes), {
    from: { dek, sha256 },
    dek: otherDek,
    purchaseId: 'purch_other',
    preparationId: 'prep_other',
    randomBytes: countingBytes(),
    clock: () => now,
  })
  const given: Buffer[] = []
  let refusal: string | undefined
  try {
    for await (const part of resealed) given.push(part)
  } catch (error) {
    if (!isAppError(error, 'gcode_corrupt')) throw error
    refusal = error.message
  }
  return { container: Buffer.concat(given), refusal }
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function headerOf(container: Buffer, key: Buffer) {
  const { header } = await verifyContainer(chunks(container), { dek: key })
  return header
}

test('the other key opens the same G-code and totals, and nothing of the first container is left', async () => {
  const format = fc.record({
    compression: fc.constantFrom('none' as const, 'deflate-raw' as const),
    frameSize: fc.integer({ min: 1, max: 200 }),
  })
  const lines = fc.array(fc.string(), { maxLength: 20 }).map(some => some.join('\n'))
  const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(lines, format, sizes, async (text, made, cut) => {
      const first = await seal(text, { ...made, randomBytes })
      const { container, refusal } = await reseal(first, hashOf(first), cut)
      assert.is(refusal, undefined)
      const [before, after] = [await read(chunks(first)), await read(chunks(container), otherDek)]
      assert.is(after.refusal, undefined)
      assert.ok(after.released.equals(before.released))
      assert.equal(after.totals, before.totals)
      assert.is((await read(chunks(container))).released.length, 0, "the first container's key opens the second")
      const header = await headerOf(container, otherDek)
      assert.is.not(header.container_id, (await headerOf(first, dek)).container_id)
      assert.equal([header.purchase_id, header.preparation_id], ['purch_other', 'prep_other'])
      assert.equal([header.frame_size, header.compression], [made.frameSize, made.compression])
      for (const frame of framesOf(first)) assert.not.ok(container.includes(frame.subarray(-32)))
    }),
    { numRuns: 50 },
  )
})

test('a byte that was changed anywhere is refused, and what was given out until then opens to no totals', async () => {
  const whole = await seal(gcode, { compression: 'deflate-raw' })
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole)
    changed[at]! ^= 0x10
    const { container, refusal } = await reseal(changed)
    // The four bytes of a frame's length may also ask for more than there is; the time of a token is under its MAC.
    assert.ok(refusal, `byte ${at}`)
    assert.is((await read(chunks(container), otherDek)).totals, undefined)
  }
})

test('frames that are missing, doubled, in another order, of another container or after the last are refused', async () => {
  const frames = framesOf(await seal(gcode))
  const foreign = framesOf(await seal(gcode, { containerId: Buffer.alloc(16, 7) }))
  const end = frames.length - 1
  const wrong: [string, Buffer[]][] = [
    ['none at all', []],
    ['without the header', frames.slice(1)],
    ['without a piece', frames.toSpliced(3, 1)],
    ['without the totals', frames.slice(0, -1)],
    ['a piece twice', frames.toSpliced(3, 0, frames[3]!)],
    ['two pieces exchanged', frames.with(2, frames[3]!).with(3, frames[2]!)],
    ["another container's piece", frames.with(2, foreign[2]!)],
    ["another container's totals", frames.with(end, foreign[end]!)],
    ['more after the totals', [...frames, frames[1]!]],
    ['a piece that says it is the last', frames.with(2, forge(2, 'G28\n', { isLast: true }))],
  ]
  for (const [what, some] of wrong) {
    const { container, refusal } = await reseal(join(...some))
    assert.ok(refusal, what)
    assert.is((await read(chunks(container), otherDek)).totals, undefined, what)
  }
})

test('a container that was cut off anywhere is refused', async () => {
  const whole = await seal(gcode)
  for (let size = 0; size < whole.length; size++) {
    assert.ok((await reseal(whole.subarray(0, size))).refusal, `${size} bytes`)
  }
})

test('a whole container of another hash is refused before its last frame', async () => {
  const expected = await seal(gcode)
  const other = await seal('M117 whoever knows the key can seal this\n')
  const { container, refusal } = await reseal(other, hashOf(expected))
  assert.ok(refusal)
  assert.is((await read(chunks(container), otherDek)).totals, undefined)
  assert.ok(container.subarray(0, magic.length).equals(magic))
})

test.run()
