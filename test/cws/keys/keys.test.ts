import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openBlob, sealBlob, statedKeyContext } from '../../../cws/keys/blob.ts'
import { createKeyring, readKeyring, rotateKeyring } from '../../../cws/keys/keyring.ts'
import { createOperatorKey, readOperatorKey } from '../../../cws/keys/operator-key.ts'
import { ConfigError } from '../../../runtime/config.ts'
import { isAppError } from '../../../schema/http/errors.ts'
import { seededRandom } from '../../make/market.ts'

const random = seededRandom('cws keys')
const folder = mkdtempSync(join(tmpdir(), 'lmnt-keys-'))
const now = new Date('2026-01-01T00:00:00Z')
const anyContext = () => true

function newKeyringFile(name: string): string {
  const path = join(folder, name)
  createKeyring(path, random, now)
  return path
}

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (isAppError(error)) return error.code
    throw error
  }
  return 'no error'
}

const keyring = readKeyring(newKeyringFile('shared'))
const test = suite('wrapped keys')
test.after(() => rmSync(folder, { recursive: true }))

test('a key wrapped for a context opens for that context', () => {
  const contexts = fc.tuple(
    fc.constantFrom('printer', 'model', 'cache', 'wallet'),
    fc.stringMatching(/^[a-z0-9_]{1,64}$/),
  )
  fc.assert(
    fc.property(contexts, fc.uint8Array({ maxLength: 4096 }), ([kind, id], bytes) => {
      const context = `${kind}:${id}`
      const blob = sealBlob(keyring, context, Buffer.from(bytes), random)
      assert.is(statedKeyContext(blob), context)
      assert.equal(
        openBlob(keyring, blob, asked => asked === context),
        Buffer.from(bytes),
      )
    }),
  )
})

test('a blob for another context than those allowed stays closed', () => {
  const blob = sealBlob(keyring, 'printer:a', Buffer.from('secret'), random)
  assert.is(
    codeOf(() => openBlob(keyring, blob, context => context === 'printer:b')),
    'key_context_mismatch',
  )
})

test('a blob with any one bit changed stays closed', () => {
  const bytes = Buffer.from(sealBlob(keyring, 'printer:printer_1', Buffer.alloc(32, 7), random), 'base64')
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const damaged = Buffer.from(bytes)
    damaged[bit >> 3]! ^= 1 << (bit & 7)
    assert.is(
      codeOf(() => openBlob(keyring, damaged.toString('base64'), anyContext)),
      'key_blob_invalid',
      `bit ${bit}`,
    )
  }
})

test('a blob cut short at any place, or anything that is no blob, is refused', () => {
  const bytes = Buffer.from(sealBlob(keyring, 'model:m', Buffer.alloc(8), random), 'base64')
  for (let length = 0; length < bytes.length; length += 1) {
    const cut = bytes.subarray(0, length).toString('base64')
    assert.is(
      codeOf(() => openBlob(keyring, cut, anyContext)),
      'key_blob_invalid',
      `${length} bytes`,
    )
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), noise => {
      const blob = Buffer.from(noise).toString('base64')
      assert.is(
        codeOf(() => openBlob(keyring, blob, anyContext)),
        'key_blob_invalid',
      )
    }),
  )
})

test('the same key wrapped twice gives two blobs that have nothing in common', () => {
  const twice = [1, 2].map(() => sealBlob(keyring, 'model:m', Buffer.alloc(32), random))
  assert.is.not(twice[0], twice[1])
})

test('another installation opens nothing of ours', () => {
  const blob = sealBlob(keyring, 'printer:a', Buffer.from('secret'), random)
  const other = readKeyring(newKeyringFile('other'))
  assert.is(
    codeOf(() => openBlob(other, blob, anyContext)),
    'key_blob_invalid',
  )
})

test('after a rotation new keys are used, and old blobs still open', () => {
  const path = newKeyringFile('rotating')
  const before = readKeyring(path)
  const old = sealBlob(before, 'printer:a', Buffer.from('old'), random)
  rotateKeyring(path, random, now)
  const after = readKeyring(path)
  const fresh = sealBlob(after, 'printer:a', Buffer.from('new'), random)
  assert.is(openBlob(after, old, anyContext).toString(), 'old')
  assert.is(openBlob(after, fresh, anyContext).toString(), 'new')
  assert.is(
    codeOf(() => openBlob(before, fresh, anyContext)),
    'key_blob_invalid',
  )
  assert.is(statSync(path).mode & 0o777, 0o600)
})

test('key files are made for their owner only, and never over one that is there', () => {
  const ring = newKeyringFile('fresh')
  const operator = join(folder, 'operator')
  createOperatorKey(operator, random)
  for (const path of [ring, operator]) assert.is(statSync(path).mode & 0o777, 0o600)
  const before = readFileSync(ring)
  assert.throws(() => createKeyring(ring, random, now), /EEXIST/)
  assert.throws(() => createOperatorKey(operator, random), /EEXIST/)
  assert.equal(readFileSync(ring), before)
  assert.is(readOperatorKey(operator).length, 32)
})

test('a key file that others can read is refused', () => {
  const ring = newKeyringFile('loose')
  const operator = join(folder, 'loose-operator')
  createOperatorKey(operator, random)
  for (const mode of [0o640, 0o604, 0o660, 0o644]) {
    for (const path of [ring, operator]) chmodSync(path, mode)
    assert.throws(
      () => readKeyring(ring),
      (error: unknown) => error instanceof ConfigError,
    )
    assert.throws(
      () => readOperatorKey(operator),
      (error: unknown) => error instanceof ConfigError,
    )
  }
})

test('a key file that is damaged or missing is refused without showing what is in it', () => {
  const path = join(folder, 'damaged')
  const canary = 'c0ffee'.repeat(8)
  for (const content of ['', canary, `{"format":"lmnt-cws-keyring/1","keys":{"printer":["${canary}"]}}`]) {
    writeFileSync(path, content, { mode: 0o600 })
    for (const read of [readKeyring, readOperatorKey]) {
      assert.throws(
        () => read(path),
        (error: unknown) => error instanceof ConfigError && !String(error.stack).includes(canary),
      )
    }
  }
  assert.throws(() => readKeyring(join(folder, 'nowhere')), /The secret file/)
})

test.run()
