import { type KeyObject, sign } from 'node:crypto'
import type { proto } from '@hashgraph/proto'
import { rawPublicKey, signingKey } from './keys.ts'
import { pack, unpack } from './wire.ts'

/**
 * Signs the body for each node with raw Ed25519 private keys and returns the transaction. The bodies stay the bytes that
 * decodeTransaction read; a signature that is already present is kept. Whether to sign is the caller's decision.
 * Errors: transaction_refused.
 */
export function addSignatures(bytes: Buffer, privateKeys: Buffer[]): Buffer {
  const keys = privateKeys.map(signingKey)
  return pack(unpack(bytes).map(({ signed }) => withSignatures(signed, keys)))
}

function withSignatures({ bodyBytes, sigMap }: proto.SignedTransaction, keys: KeyObject[]): proto.ISignedTransaction {
  const pairs = [...(sigMap?.sigPair ?? [])]
  for (const key of keys) {
    const pubKeyPrefix = rawPublicKey(key) // the whole key, so that no other key has the same prefix
    if (pairs.some(pair => pubKeyPrefix.equals(pair.pubKeyPrefix ?? Buffer.alloc(0)))) continue
    pairs.push({ pubKeyPrefix, ed25519: sign(null, bodyBytes, key) })
  }
  return { bodyBytes, sigMap: { sigPair: pairs } }
}
