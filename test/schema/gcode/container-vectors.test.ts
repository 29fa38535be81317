import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseFernetKey } from '../../../schema/gcode/fernet.ts'
import type { Compression } from '../../../schema/gcode/header.ts'
import { verifyContainer } from '../../../schema/gcode/reader.ts'
import vectors from '../../../schema/gcode/vectors.json' with { type: 'json' }
import { chunks, containerId, dek, now, read, seal } from '../../make/container-forge.ts'

const test = suite('container vectors')

test('the vectors have the key and the time that the tests seal with', () => {
  assert.equal(parseFernetKey(vectors.dek), dek)
  assert.is(Date.parse(vectors.now), now)
})

for (const { desc, source, gcode, header, totals, frames, container } of vectors.valid) {
  const bytes = Buffer.from(container, 'base64')

  test(`opens, whole: ${desc}`, async () => {
    const reading = await read(chunks(bytes))
    assert.is(reading.refusal, undefined)
    assert.is(reading.released.toString(), gcode)
    assert.equal(await verifyContainer(chunks(bytes), { dek }), { header, totals, frames })
  })

  test(`opens, byte by byte: ${desc}`, async () => {
    const reading = await read(chunks(bytes, [1]))
    assert.is(reading.refusal, undefined)
    assert.is(reading.released.toString(), gcode)
    assert.equal(reading.totals, totals)
  })

  test(`is refused when cut at any place, and gives out only whole frames before it: ${desc}`, async () => {
    for (let size = 0; size < bytes.length; size++) {
      const { refusal, released, totals } = await read(chunks(bytes.subarray(0, size)))
      const wholeFrames = frames.slice(2).filter(end => end <= size).length
      assert.ok(refusal, `cut at ${size}`)
      assert.is(
        released.toString('latin1'),
        Buffer.from(gcode)
          .subarray(0, wholeFrames * header.frame_size)
          .toString('latin1'),
      )
      assert.is(totals, undefined)
    }
  })

  // What deflate makes is zlib's to choose, so only the uncompressed ones are made again byte for byte.
  if (header.compression === 'none') {
    test(`is made byte for byte: ${desc}`, async () => {
      assert.is(header.container_id, containerId.toString('hex'))
      const compression = header.compression as Compression
      const sealed = await seal(source, { compression, frameSize: header.frame_size })
      assert.is(sealed.toString('base64'), container)
    })
  }
}

for (const { desc, released, container } of vectors.invalid) {
  test(`is refused before a byte of the bad frame is given out: ${desc}`, async () => {
    const bytes = Buffer.from(container, 'base64')
    for (const sizes of [[bytes.length + 1], [1], [5, 64, 13]]) {
      const reading = await read(chunks(bytes, sizes))
      assert.ok(reading.refusal)
      assert.is(reading.released.toString(), released)
      assert.is(reading.totals, undefined)
    }
  })
}

test.run()
