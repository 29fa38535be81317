/**
 * Model files at rest: AES-256-CBC under the model's DEK, with an HMAC-SHA-256 over iv and ciphertext. The MAC's key is derived
 * from the DEK, so that one wrapped key opens a model. CBC does not detect changes: nothing is decrypted before the MAC is
 * verified.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { Transform } from 'node:stream'
import { AppError } from '../http/errors.ts'
import { wipe } from './keys.ts'

const algorithm = 'aes-256-cbc'
const macKeyInfo = 'lmnt-model-mac/1'
const keySize = 32
const ivSize = 16
/** A model is decrypted in pieces, so that memory holds one copy of it. */
const pieceSize = 64 * 1024

export interface ModelEncryption {
  /** Model in, ciphertext out, in constant memory. */
  stream: Transform
  /** The model_file_mac. Throws before the stream has ended. */
  mac: () => Buffer
}

/** Encrypts a model as a stream. `iv` is 16 fresh random bytes. The caller wipes the DEK after use. */
export function encryptModel({ dek, iv }: { dek: Buffer; iv: Buffer }): ModelEncryption {
  const cipher = createCipheriv(algorithm, dek, iv)
  const hmac = startMac(dek, iv)
  let mac: Buffer | undefined
  const pass = (ciphertext: Buffer) => {
    hmac.update(ciphertext)
    return ciphertext
  }
  const stream = new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, pass(cipher.update(chunk))),
    flush: done => {
      const end = pass(cipher.final())
      mac = hmac.digest()
      done(null, end)
    },
  })
  return {
    stream,
    mac: () => {
      if (!mac) throw new Error('a model has its MAC only when all of it was encrypted')
      return mac
    },
  }
}

/**
 * Verifies a model's MAC, then decrypts the model into the one buffer that is returned. The caller wipes the DEK and the model
 * after use; the space behind the model, for the padding, never holds a part of it.
 * Errors: model_corrupt.
 */
export function decryptModel(ciphertext: Buffer, { dek, iv, mac }: { dek: Buffer; iv: Buffer; mac: Buffer }): Buffer {
  const expected = startMac(dek, iv).update(ciphertext).digest()
  if (iv.length !== ivSize || mac.length !== expected.length || !timingSafeEqual(mac, expected)) {
    throw new AppError('model_corrupt', 'The model file was altered, or belongs to another key.')
  }
  const decipher = createDecipheriv(algorithm, dek, iv)
  const model = Buffer.alloc(ciphertext.length)
  let size = 0
  const append = (piece: Buffer) => {
    size += piece.copy(model, size)
    wipe(piece)
  }
  try {
    for (let at = 0; at < ciphertext.length; at += pieceSize) {
      append(decipher.update(ciphertext.subarray(at, at + pieceSize)))
    }
    append(decipher.final())
    return model.subarray(0, size)
  } catch (cause) {
    wipe(model)
    throw new AppError('model_corrupt', 'The model file does not end as an encrypted file does.', { cause })
  }
}

function startMac(dek: Buffer, iv: Buffer) {
  const key = Buffer.from(hkdfSync('sha256', dek, Buffer.alloc(0), macKeyInfo, keySize))
  const hmac = createHmac('sha256', key).update(iv)
  wipe(key)
  return hmac
}
