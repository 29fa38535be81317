import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readContainer, verifyContainer } from '../../../schema/gcode/reader.ts'
import { sealGcode } from '../../../schema/gcode/writer.ts'
import { isAppError } from '../../../schema/http/errors.ts'
import type { GcodeTotals } from '../../../schema/http/slice.ts'
import { chunks, dek, read, seal, sealOptions } from '../../make/container-forge.ts'

const test = suite('a container as a stream: its source, and who reads it')

test('sealing and opening go on while the G-code is still being made', async () => {
  let made = 0
  async function* slicer() {
    for (;;) {
      made++
      yield Buffer.from('G1 X1\n'.repeat(10))
    }
  }
  const parts = readContainer(sealGcode(slicer(), sealOptions({ frameSize: 600 })), { dek })
  assert.is((await parts.next()).value?.kind, 'header')
  assert.is(made, 0)
  for (const expected of [10, 20, 30]) {
    assert.is((await parts.next()).value?.kind, 'piece')
    assert.ok(made <= expected + 1, `${made} chunks were asked for`)
  }
  await parts.return()
})

test('the slicer is asked for its estimates when it has finished, and the totals are told', async () => {
  let isSliced = false
  async function* slicer() {
    yield Buffer.from('G28\nM84')
    isSliced = true
  }
  let told: GcodeTotals | undefined
  const options = sealOptions({
    estimates: () => {
      assert.ok(isSliced)
      return { layers: 2, estimated_time_s: 10, filament_mm: 5.5 }
    },
    onTotals: totals => {
      told = totals
    },
  })
  const { totals } = await read(chunks(await buffer(sealGcode(slicer(), options))))
  assert.equal(totals, told)
  assert.equal(told, {
    bytes: 8,
    lines: 2,
    layers: 2,
    sha256: createHash('sha256').update('G28\nM84\n').digest('hex'),
    estimated_time_s: 10,
    filament_mm: 5.5,
  })
})

test('a slicer that fails, and G-code that is rejected, leave a container that no one opens', async () => {
  async function* failing() {
    yield Buffer.from('G28\n'.repeat(100))
    throw new Error('the engine crashed')
  }
  for (const [source, reason] of [
    [failing(), /engine crashed/],
    [chunks(Buffer.from(`${'G28\n'.repeat(100)}${'x'.repeat(2000)}`), [400]), /longer than/],
  ] as const) {
    const written: Buffer[] = []
    try {
      for await (const frame of sealGcode(source, sealOptions())) written.push(frame)
      assert.unreachable()
    } catch (error) {
      assert.match(String(error), reason)
    }
    const { refusal, totals } = await read(chunks(Buffer.concat(written)))
    assert.match(refusal ?? '', /ends before its totals/)
    assert.is(totals, undefined)
  }
})

test('estimates that are no numbers are refused before the last frame is written', async () => {
  const estimates = () => ({ layers: 1, estimated_time_s: Number.NaN, filament_mm: 0 })
  try {
    await seal('G28\n', { estimates })
    assert.unreachable()
  } catch (error) {
    assert.match(String(error), /estimated_time_s/)
  }
})

test('the reader lets go of the file when it refuses it, and when its consumer stops early', async () => {
  const sealed = await seal('G28\nM84\n', { frameSize: 4 })
  for (const [bytes, parts] of [
    [Buffer.concat([sealed.subarray(0, 300), Buffer.alloc(300)]), Number.POSITIVE_INFINITY],
    [sealed, 1],
  ] as const) {
    let isReleased = false
    async function* file() {
      try {
        yield* chunks(bytes, [10])
      } finally {
        isReleased = true
      }
    }
    let seen = 0
    try {
      for await (const _ of readContainer(file(), { dek })) if (++seen >= parts) break
    } catch (error) {
      assert.ok(isAppError(error, 'gcode_corrupt'))
    }
    assert.ok(isReleased)
  }
})

test('a download that breaks off is its own error, not a corrupt container', async () => {
  const sealed = await seal('G28\n')
  async function* download() {
    yield sealed.subarray(0, 100)
    throw new Error('the connection was reset')
  }
  try {
    await verifyContainer(download(), { dek })
    assert.unreachable()
  } catch (error) {
    assert.match(String(error), /connection was reset/)
  }
})

test.run()
