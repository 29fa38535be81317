import { createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decryptModel, encryptModel } from '../../../schema/gcode/model.ts'
import { isAppError } from '../../../schema/http/errors.ts'

const test = suite('model')
const corrupt = (error: unknown) => isAppError(error, 'model_corrupt')

async function encrypt(chunks: Uint8Array[], dek: Buffer, iv: Buffer) {
  const encryption = encryptModel({ dek, iv })
  const ciphertext = await buffer(Readable.from(chunks).pipe(encryption.stream))
  return { ciphertext, mac: encryption.mac() }
}

test('any model in any chunks survives encryption and decryption', async () => {
  const model = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 10 })
  await fc.assert(
    fc.asyncProperty(model, async chunks => {
      const [dek, iv] = [randomBytes(32), randomBytes(16)]
      const { ciphertext, mac } = await encrypt(chunks, dek, iv)
      assert.equal(decryptModel(ciphertext, { dek, iv, mac }), Buffer.concat(chunks))
    }),
  )
})

test('a large model is decrypted into one buffer, and nothing of it stays behind in another', async () => {
  const [dek, iv, model] = [randomBytes(32), randomBytes(16), randomBytes(1_000_003)]
  const { ciphertext, mac } = await encrypt([model], dek, iv)
  const proto = Object.getPrototypeOf(createDecipheriv('aes-256-cbc', dek, iv))
  const pieces: Buffer[] = []
  const real = { update: proto.update, final: proto.final }
  for (const name of ['update', 'final'] as const) {
    proto[name] = function (...args: unknown[]) {
      const piece = real[name].apply(this, args)
      pieces.push(piece)
      return piece
    }
  }
  try {
    assert.ok(decryptModel(ciphertext, { dek, iv, mac }).equals(model))
  } finally {
    Object.assign(proto, real)
  }
  assert.ok(pieces.length > 1)
  assert.ok(pieces.every(piece => piece.every(byte => byte === 0)))
})

test('a model file is AES-256-CBC under the key, with HMAC-SHA-256 of iv and ciphertext under a derived key', async () => {
  const [dek, iv] = [Buffer.alloc(32, 1), Buffer.alloc(16, 2)]
  const { ciphertext, mac } = await encrypt([Buffer.from('solid cube')], dek, iv)
  const decipher = createDecipheriv('aes-256-cbc', dek, iv)
  assert.is(Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString(), 'solid cube')
  const macKey = Buffer.from(hkdfSync('sha256', dek, '', 'lmnt-model-mac/1', 32))
  assert.equal(mac, createHmac('sha256', macKey).update(iv).update(ciphertext).digest())
})

test('a model altered anywhere, cut, or given another iv, MAC or key is refused before decryption', async () => {
  const [dek, iv] = [randomBytes(32), randomBytes(16)]
  const { ciphertext, mac } = await encrypt([randomBytes(50)], dek, iv)
  for (let at = 0; at < ciphertext.length; at++) {
    assert.throws(() => decryptModel(flipped(ciphertext, at), { dek, iv, mac }), corrupt, `byte ${at}`)
    assert.throws(() => decryptModel(ciphertext.subarray(0, at), { dek, iv, mac }), corrupt, `cut at ${at}`)
  }
  for (let at = 0; at < iv.length; at++) {
    assert.throws(() => decryptModel(ciphertext, { dek, iv: flipped(iv, at), mac }), corrupt)
  }
  for (let at = 0; at < mac.length; at++) {
    assert.throws(() => decryptModel(ciphertext, { dek, iv, mac: flipped(mac, at) }), corrupt)
  }
  assert.throws(() => decryptModel(ciphertext, { dek, iv, mac: mac.subarray(0, 31) }), corrupt)
  assert.throws(() => decryptModel(ciphertext, { dek: randomBytes(32), iv, mac }), corrupt)
})

test('bytes moved from the ciphertext into the iv are refused, though the MAC covers the same bytes', async () => {
  const [dek, iv] = [randomBytes(32), randomBytes(16)]
  const { ciphertext, mac } = await encrypt([randomBytes(50)], dek, iv)
  const longIv = Buffer.concat([iv, ciphertext.subarray(0, 16)])
  assert.throws(() => decryptModel(ciphertext.subarray(16), { dek, iv: longIv, mac }), corrupt)
})

test('there is no MAC before the whole model was encrypted', () => {
  const { mac } = encryptModel({ dek: randomBytes(32), iv: randomBytes(16) })
  assert.throws(mac, /all of it/)
})

function flipped(bytes: Buffer, at: number): Buffer {
  const altered = Buffer.from(bytes)
  altered[at] = (altered[at] as number) ^ 1
  return altered
}

test.run()
