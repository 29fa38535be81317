import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openSpool, type Spool, spoolPieceSize } from '../../../slicer/slice/spool.ts'
import { refusal } from '../../make/errors.ts'

const test = suite('the spool')
let folder: string
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'lmnt-test-'))
})
test.after.each(() => rmSync(folder, { recursive: true, force: true }))

const spool = (maxBytes = 2 ** 30) => openSpool({ folder, randomBytes, maxBytes })

test('what is written is read again, whatever the pieces and the ranges', async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: spoolPieceSize }), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(sizes, fc.double({ min: 0, max: 1, noNaN: true }), async (pieces, cut) => {
      const kept = await spool()
      const written = pieces.map(size => randomBytes(size))
      for (const piece of written) await kept.write(piece)
      await kept.end()
      const whole = Buffer.concat(written)
      assert.is(kept.size(), whole.length)
      const middle = Math.floor(whole.length * cut)
      assert.ok((await read(kept, 0, whole.length)).equals(whole))
      assert.ok((await read(kept, middle, whole.length)).equals(whole.subarray(middle)))
      assert.ok((await read(kept, 0, middle)).equals(whole.subarray(0, middle)))
      await kept.close()
    }),
    { numRuns: 20 },
  )
})

test('the file has no name, holds no plaintext, and is let go', async () => {
  const kept = await spool()
  const secret = 'G1 X12.345 Y67.89 E0.12345 ; canary\n'
  for (let line = 0; line < 40_000; line++) await kept.write(Buffer.from(`${line} ${secret}`))
  await kept.end()
  assert.equal(readdirSync(folder), [], 'nothing is in the folder')
  if (existsSync('/proc/self/fd')) {
    const [fd = ''] = spoolFiles()
    const bytes = readFileSync(`/proc/self/fd/${fd}`)
    assert.ok(bytes.length > 1000, 'the test reads the file')
    assert.not.ok(bytes.includes('canary') || bytes.includes('X12.345'))
    await kept.close()
    await kept.close()
    assert.equal(spoolFiles(), [])
  }
  await read(kept, 0, 10).then(
    () => assert.unreachable('a closed spool gives nothing'),
    () => {},
  )
})

test('the key is wiped, and each spool has its own', async () => {
  const keys: Buffer[] = []
  const options = {
    folder,
    maxBytes: 1000,
    randomBytes: (size: number) => keys[keys.push(randomBytes(size)) - 1] as Buffer,
  }
  const both = [await openSpool(options), await openSpool(options)]
  assert.not.ok(keys[0]?.equals(keys[1] as Buffer))
  for (const kept of both) await kept.close()
  assert.ok(keys.every(key => key.every(byte => byte === 0)))
})

test('memory stays flat, whatever the length', async () => {
  const kept = await spool()
  const line = Buffer.from('G1 X123.456 Y78.901 E0.03214\n'.repeat(4000))
  const before = process.memoryUsage()
  for (let written = 0; written < 200 * 2 ** 20; written += line.length) await kept.write(line)
  await kept.end()
  for await (const piece of kept.read(0, kept.size())) assert.ok(piece.length > 0)
  const after = process.memoryUsage()
  const grown = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed
  assert.ok(grown < 60 * 2 ** 20, `200 MB of G-code took ${Math.round(grown / 2 ** 20)} MB of memory`)
  await kept.close()
})

test('more than the limit is refused, and a folder that cannot be written is a temporary failure', async () => {
  const kept = await spool(1000)
  await kept.write(Buffer.alloc(1000))
  await refusal('engine_failed', () => kept.write(Buffer.alloc(1)))
  await kept.close()
  await refusal('unavailable', () => openSpool({ folder: join(folder, 'gone'), randomBytes, maxBytes: 1 }))
})

test.run()

function spoolFiles(): string[] {
  return readdirSync('/proc/self/fd').filter(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
    } catch {
      return false
    }
  })
}

async function read(kept: Spool, from: number, to: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of kept.read(from, to)) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}
