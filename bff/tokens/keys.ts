import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { ConfigError } from '../../runtime/config.ts'

export interface SigningKey {
  kid: string
  privateKey: CryptoKey
  publicKey: CryptoKey
  publicJwk: JWK
}

/** Reads the EdDSA key that signs our tokens. Refuses a file that other users can read, since the key can sign any token. */
export async function readSigningKey(file: string): Promise<SigningKey> {
  if (!existsSync(file)) throw new ConfigError(`There is no token key at ${file}.`)
  if (statSync(file).mode & 0o077) throw new ConfigError(`${file} can be read by others: chmod 600 it.`)
  const jwk = JSON.parse(readFileSync(file, 'utf8')) as JWK & { kid: string }
  const { d: _private, ...publicJwk } = jwk
  return {
    kid: jwk.kid,
    privateKey: (await importJWK(jwk, 'EdDSA')) as CryptoKey,
    publicKey: (await importJWK(publicJwk, 'EdDSA')) as CryptoKey,
    publicJwk: { ...publicJwk, use: 'sig', alg: 'EdDSA' },
  }
}

/** Creates the key file of a new marketplace, with mode 0600. */
export async function createSigningKey(file: string, kid: string): Promise<void> {
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), kid }
  writeFileSync(file, JSON.stringify(jwk), { mode: 0o600, flag: 'wx' })
  chmodSync(file, 0o600)
}
