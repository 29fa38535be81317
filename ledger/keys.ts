/** Raw 32-byte Ed25519 keys for the ledger. Private keys are Buffers that the caller wipes after use. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { RandomBytes } from '../schema/http/ids.ts'

export const keySize = 32
// The fixed prefix of an Ed25519 private key in PKCS#8 (RFC 8410), followed by the 32 bytes of the key.
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A new random private key. */
export function newPrivateKey(randomBytes: RandomBytes): Buffer {
  return randomBytes(keySize)
}

/** The public key of a raw private key, as 64 hex digits. */
export function publicKeyOf(privateKey: Buffer): string {
  return rawPublicKey(signingKey(privateKey)).toString('hex')
}

/** The raw private key as a KeyObject for node:crypto. Throws RangeError for another size. */
export function signingKey(privateKey: Buffer): KeyObject {
  if (privateKey.length !== keySize)
    throw new RangeError(`a private key must have ${keySize} bytes, not ${privateKey.length}`)
  const key = Buffer.concat([pkcs8Head, privateKey])
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  } finally {
    key.fill(0)
  }
}

/** The 32 bytes of the public key. */
export function rawPublicKey(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-keySize)
}
