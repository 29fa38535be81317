import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { proto } from '@hashgraph/proto'

export const publicKeySize = 32
// The fixed head of an Ed25519 key in SubjectPublicKeyInfo form (RFC 8410); the 32 bytes follow.
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex')

/** True when the owner of a raw Ed25519 public key has signed. */
export type HasSigned = (key: Buffer) => boolean

/**
 * Reads a signature map. A pair names its key by any prefix, down to none, so each pair whose prefix fits is tried; the
 * signature is over the exact bytes of the body.
 */
export function signersOf(signed: proto.SignedTransaction): HasSigned {
  const pairs = signed.sigMap?.sigPair ?? []
  return key =>
    pairs.some(pair => {
      const prefix = pair.pubKeyPrefix ?? Buffer.alloc(0)
      if (!pair.ed25519?.length || !key.subarray(0, prefix.length).equals(prefix)) return false
      return verify(null, signed.bodyBytes, verifyingKey(key), pair.ed25519)
    })
}

/** The raw bytes of a key that this network can check, or null: lists, thresholds and ECDSA keys are not supported. */
export function rawKey(key: proto.IKey | null | undefined): Buffer | null {
  return key?.ed25519?.length === publicKeySize ? Buffer.from(key.ed25519) : null
}

function verifyingKey(raw: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([spkiHead, raw]), format: 'der', type: 'spki' })
}
