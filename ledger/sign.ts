import { type KeyObject, sign } from 'node:crypto'
import type { proto } from '@hashgraph/proto'
import { rawPublicKey, signingKey } from './keys.ts'
import { pack, unpack } from './wire.ts'

/**
 * Adds the signatures of raw Ed25519 private keys, to the body for each node. The bodies stay byte for byte what decodeTransaction read; a key that has
 * signed already changes nothing. Says nothing about whether it should be signed. Throws `transaction_refused`.
 */
export function addSignatures(bytes: Buffer, privateKeys: Buffer[]): Buffer {
  const keys = privateKeys.map(signingKey)
  return pack(unpack(bytes).map(({ signed }) => withSignatures(signed, keys)))
}

function withSignatures({ bodyBytes, sigMap }: proto.SignedTransaction, keys: KeyObject[]): proto.ISignedTransaction {
  const pairs = [...(sigMap?.sigPair ?? [])]
  for (const key of keys) {
    const pubKeyPrefix = rawPublicKey(key) // the whole key: no other one has this prefix
    if (pairs.some(pair => pubKeyPrefix.equals(pair.pubKeyPrefix ?? Buffer.alloc(0)))) continue
    pairs.push({ pubKeyPrefix, ed25519: sign(null, bodyBytes, key) })
  }
  return { bodyBytes, sigMap: { sigPair: pairs } }
}
