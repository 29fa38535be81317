import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { newFernetKey, sealToken } from '../../../schema/gcode/fernet.ts'
import { unwrapKey, wipe, wrapKey } from '../../../schema/gcode/keys.ts'
import { isAppError } from '../../../schema/http/errors.ts'

const test = suite('keys')
const invalid = (error: unknown) => isAppError(error, 'key_blob_invalid')

test('a wrapped key opens with the printer key it was wrapped under, and its time is ignored', () => {
  const psek = newFernetKey(randomBytes)
  const dek = newFernetKey(randomBytes)
  assert.equal(unwrapKey(psek, wrapKey(psek, dek, { now: Date.UTC(2100, 0) })), dek)
  assert.equal(unwrapKey(psek, wrapKey(psek, dek, { now: 0 })), dek)
})

test('a wrapped key fits the column that the marketplace has for it', () => {
  assert.ok(wrapKey(newFernetKey(randomBytes), newFernetKey(randomBytes)).length <= 256)
})

test('another printer cannot open it, and an altered one is refused', () => {
  const psek = newFernetKey(randomBytes)
  const token = wrapKey(psek, newFernetKey(randomBytes))
  assert.throws(() => unwrapKey(newFernetKey(randomBytes), token), invalid)
  assert.throws(() => unwrapKey(psek, token.slice(0, -4)), invalid)
  assert.throws(() => unwrapKey(psek, ''), invalid)
})

test('an invalid key is refused when wrapping and when opening', () => {
  const psek = newFernetKey(randomBytes)
  assert.throws(() => unwrapKey(psek, sealToken(psek, Buffer.alloc(31))), invalid)
  assert.throws(() => wrapKey(psek, Buffer.alloc(31)), /32 bytes/)
})

test('wiping overwrites every buffer and skips what is not there', () => {
  const key = newFernetKey(randomBytes)
  const half = key.subarray(16)
  wipe(key, undefined, null)
  assert.equal(key, Buffer.alloc(32))
  assert.equal(half, Buffer.alloc(16))
})

test.run()
