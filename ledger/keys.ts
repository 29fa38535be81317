/** Ed25519 keys as the ledger uses them: raw 32 bytes, private ones in Buffers that their holder overwrites after use. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { RandomBytes } from '../schema/http/ids.ts'

export const keySize = 32
// The fixed head of an Ed25519 private key in PKCS#8 form (RFC 8410); the 32 bytes follow.
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

export function newPrivateKey(randomBytes: RandomBytes): Buffer {
  return randomBytes(keySize)
}

/** The public key of a raw private key, as 64 hex digits. */
export function publicKeyOf(privateKey: Buffer): string {
  return rawPublicKey(signingKey(privateKey)).toString('hex')
}

export function signingKey(privateKey: Buffer): KeyObject {
  if (privateKey.length !== keySize) throw new RangeError(`a private key has ${keySize} bytes`)
  const key = Buffer.concat([pkcs8Head, privateKey])
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  } finally {
    key.fill(0)
  }
}

export function rawPublicKey(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-keySize)
}
