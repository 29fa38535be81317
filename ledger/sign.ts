import { sign } from 'node:crypto'
import { rawPublicKey, signingKey } from './keys.ts'
import { pack, unpack } from './wire.ts'

/**
 * Adds the signatures of raw Ed25519 private keys. The body stays byte for byte what decodeTransaction read; a key that has
 * signed already changes nothing. Says nothing about whether it should be signed. Throws `transaction_refused`.
 */
export function addSignatures(bytes: Buffer, privateKeys: Buffer[]): Buffer {
  const { signed } = unpack(bytes)
  const pairs = [...(signed.sigMap?.sigPair ?? [])]
  for (const privateKey of privateKeys) {
    const key = signingKey(privateKey)
    const pubKeyPrefix = rawPublicKey(key) // the whole key: no other one has this prefix
    if (pairs.some(pair => pubKeyPrefix.equals(pair.pubKeyPrefix ?? Buffer.alloc(0)))) continue
    pairs.push({ pubKeyPrefix, ed25519: sign(null, signed.bodyBytes, key) })
  }
  return pack({ bodyBytes: signed.bodyBytes, sigMap: { sigPair: pairs } })
}
