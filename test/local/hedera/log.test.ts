import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openLog } from '../../../local/hedera/log.ts'
import { openNetwork } from '../../../local/hedera/network.ts'

const test = suite<{ folder: string; path: string }>("hedera: the ledger's log")

test.before.each(context => {
  context.folder = mkdtempSync(join(tmpdir(), 'lmnt-hedera-log-'))
  context.path = join(context.folder, 'ledger.log')
})

test.after.each(({ folder }) => {
  rmSync(folder, { recursive: true })
})

test('what was appended is there again, in order', ({ path, folder }) => {
  let run = 0
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 }), payloads => {
      run += 1
      const own = join(folder, `${run}.log`)
      write(own, payloads.map(Buffer.from))
      assert.equal(read(own), payloads.map(Buffer.from))
    }),
    { numRuns: 20 },
  )
  assert.equal(read(path), [])
})

test('a last record that a crash cut anywhere is dropped, and the log goes on from there', ({ path }) => {
  const kept = [Buffer.from('first'), Buffer.from('second')]
  write(path, kept)
  const keptSize = readFileSync(path).length
  write(path, [Buffer.from('the last one')])
  const whole = readFileSync(path)
  for (let size = keptSize; size < whole.length; size++) {
    writeFileSync(path, whole.subarray(0, size))
    assert.equal(read(path), kept, `cut at ${size}`)
    write(path, [Buffer.from('next')])
    assert.equal(read(path), [...kept, Buffer.from('next')], `cut at ${size}`)
  }
})

test('a last record whose bytes never reached the disk is dropped', ({ path }) => {
  write(path, [Buffer.from('first'), Buffer.from('second')])
  const bytes = readFileSync(path)
  bytes.fill(0, bytes.length - 6)
  writeFileSync(path, bytes)
  assert.equal(read(path), [Buffer.from('first')])
})

test('damage before the end is an error, not a shorter history', ({ path }) => {
  write(path, [Buffer.from('first'), Buffer.from('second')])
  const bytes = readFileSync(path)
  bytes[13] = bytes[13]! ^ 1
  writeFileSync(path, bytes)
  assert.throws(() => openLog(path), /damaged at byte 0/)
  assert.equal(readFileSync(path), bytes)
})

test('a ledger is not taken over by another genesis key', ({ folder }) => {
  const open = (byte: number) =>
    openNetwork(folder, { accountId: '0.0.2', publicKey: Buffer.alloc(32, byte) }, () => new Date())
  open(1).close()
  assert.throws(() => open(2), /another genesis key/)
  open(1).close()
})

function write(path: string, payloads: Buffer[]): void {
  const log = openLog(path)
  for (const payload of payloads) log.append(payload)
  log.close()
}

function read(path: string): Buffer[] {
  const log = openLog(path)
  log.close()
  return log.records
}

test.run()
